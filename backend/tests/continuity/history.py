"""What writers were told and readers saw, and whether that can be so.

A writer notes every acknowledgement, a reader every frame of a room's log in the order in which it came. They agree
when each acknowledged message stands in the log where its acknowledgement said, the log has no gaps, and every reader
saw the log: each entry once, in order, from where it began to where the log ends.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

SHOWN = 12
"""How many findings are worth reading: one fault often has thousands."""


@dataclass(frozen=True, slots=True)
class Ack:
    """What a writer was told of one of its messages."""

    writer: str
    room: str
    seq: int
    cid: str
    id: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A place of a room's log. `what` says what stands there: the cid of a message, or the kind of a change and the
    id of the message that was changed."""

    seq: int
    what: str


@dataclass(slots=True)
class View:
    """What one reader saw of one room."""

    reader: str
    room: str
    after: int
    """The number behind which it began to listen."""
    seen: list[Entry] = field(default_factory=list)
    """In the order in which they came, those that came twice twice."""
    fetched: list[range] = field(default_factory=list)
    """Parts that it was told to fetch. A history has messages only, so the changes of such a part were never seen."""

    @property
    def last(self) -> int:
        """The number up to which it knows the log."""
        seen = (entry.seq for entry in self.seen[-1:])
        fetched = (part.stop - 1 for part in self.fetched)
        return max([self.after, *seen, *fetched])


class History:
    """Everything that happened to a number of writers and readers."""

    def __init__(self) -> None:
        self.acks: list[Ack] = []
        self.views: dict[tuple[str, str], View] = {}
        """By reader and room: those that are connected in the end."""
        self.acked_at: dict[str, float] = {}
        """When each cid was first acknowledged, by the monotonic clock."""
        self.delays: list[float] = []
        """How many seconds after that each message came to each reader that was connected all the while."""
        self.duplicates = 0
        """How many acknowledgements were of what had been said before."""
        self.reconnects = 0
        """How many times a server said that it would stop."""
        self.closes: Counter[int] = Counter()
        """With which codes connections ended."""
        self.failures: Counter[str] = Counter()
        """Why connections weren't made, or were given up."""
        self.errors: Counter[str] = Counter()
        """Which errors were sent."""
        self.resyncs: Counter[str] = Counter()
        """Why readers had to fetch what they couldn't be sent."""

    def summary(self) -> str:
        """What it was like, in a line."""
        counts: dict[str, Counter[Any]] = {
            "closed": self.closes,
            "failed": self.failures,
            "errors": self.errors,
            "resync": self.resyncs,
        }
        told = "; ".join(f"{name} {dict(count)}" for name, count in counts.items() if count)
        seen = sum(len(view.seen) for view in self.views.values())
        return (
            f"{len(self.acks)} acknowledged ({self.duplicates} of them again), {seen} seen in {len(self.views)} views, "
            f"{delays_of(self.delays)}{'; ' if told else ''}{told}"
        )

    def verdict(self, logs: dict[str, Sequence[Entry]], heads: dict[str, int]) -> list[str]:
        """What is wrong, in sentences; empty when nothing is. `logs` are the rooms' as the database has them, `heads`
        the numbers that were given out last."""
        findings = [*self._of_logs(logs), *self._of_acks(logs)]
        for room, head in heads.items():
            if head != max((entry.seq for entry in logs[room]), default=0):
                findings.append(f"{room}: {head} numbers were given out, but the log doesn't end there")
        for view in self.views.values():
            findings += _of_view(view, logs.get(view.room, ()))
        findings += self._of_cids()
        if len(findings) > SHOWN:
            return [*findings[:SHOWN], f"… and {len(findings) - SHOWN} more"]
        return findings

    def _of_logs(self, logs: dict[str, Sequence[Entry]]) -> Iterator[str]:
        for room, log in logs.items():
            if log and log[0].seq != 1:
                yield f"{room}: the log begins with {log[0].seq}"
            for before, after in pairwise(log):
                if after.seq != before.seq + 1:
                    yield f"{room}: in the log {after.seq} follows {before.seq}"
            for what, times in Counter(entry.what for entry in log if " " not in entry.what).items():
                if times > 1:
                    yield f"{room}: message {what} stands in the log {times} times"

    def _of_acks(self, logs: dict[str, Sequence[Entry]]) -> Iterator[str]:
        logged = {(room, entry.seq): entry.what for room, log in logs.items() for entry in log}
        told: dict[str, Ack] = {}
        for ack in self.acks:
            before = told.setdefault(ack.cid, ack)
            if (before.room, before.seq, before.id) != (ack.room, ack.seq, ack.id):
                yield (
                    f"{ack.room}: message {ack.cid} was acknowledged to {ack.writer} as number {before.seq} of "
                    f"{before.room} and as number {ack.seq}"
                )
            found = logged.get((ack.room, ack.seq))
            if found is None:
                yield f"{ack.room}: message {ack.cid} was acknowledged as number {ack.seq}, which the log doesn't have"
            elif found != ack.cid:
                yield f"{ack.room}: message {ack.cid} was acknowledged as number {ack.seq}, where the log has {found}"

    def _of_cids(self) -> Iterator[str]:
        """The promise itself, without a look at numbers or logs: whoever is there in the end saw each message once."""
        acknowledged = defaultdict(set)
        for ack in self.acks:
            acknowledged[ack.room].add(ack.cid)
        for view in self.views.values():
            # What came before it began to listen isn't promised.
            early = {ack.cid for ack in self.acks if ack.room == view.room and ack.seq <= view.after}
            times = Counter(entry.what for entry in view.seen)
            for cid in acknowledged[view.room] - early:
                if times[cid] != 1:
                    yield f"{view.room}: {view.reader} saw the acknowledged message {cid} {times[cid]} times"


def delays_of(delays: Sequence[float]) -> str:
    """Seconds until messages arrived, in a few words."""
    if not delays:
        return "no delays"
    ordered = sorted(delays)
    shares = {"half": 0.5, "99 %": 0.99}
    told = ", ".join(f"{name} within {ordered[int(len(ordered) * share)]:.3f} s" for name, share in shares.items())
    return f"{told}, all within {ordered[-1]:.3f} s"


def _of_view(view: View, log: Sequence[Entry]) -> Iterator[str]:
    who = f"{view.room}: {view.reader}"
    logged = {entry.seq: entry.what for entry in log}
    before = view.after
    known: set[Entry] = set()
    for entry in view.seen:
        if entry.seq <= before:
            yield f"{who} saw {entry.seq} {'again' if entry in known else 'late'}, after {before}"
        elif missing := _missing(range(before + 1, entry.seq), view.fetched):
            yield f"{who} missed {_numbers(missing)}: after {before} came {entry.seq}"
        if logged.get(entry.seq) != entry.what:
            yield f"{who} saw {entry.what} as number {entry.seq}, where the log has {logged.get(entry.seq)}"
        known.add(entry)
        before = max(before, entry.seq)
    end = log[-1].seq if log else 0
    if missing := _missing(range(before + 1, end + 1), view.fetched):
        yield f"{who} saw nothing after {before}, and missed {_numbers(missing)}"


def _missing(numbers: range, fetched: Iterable[range]) -> list[int]:
    return [number for number in numbers if not any(number in part for part in fetched)]


def _numbers(numbers: Sequence[int]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]} ({len(numbers)})"
