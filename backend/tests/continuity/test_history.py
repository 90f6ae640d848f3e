"""The checker finds what it is there for: each kind of fault in an invented history."""

from collections.abc import Callable

import pytest

from tests.continuity.history import SHOWN, Ack, Entry, History, View

LOG = [Entry(1, "a"), Entry(2, "b"), Entry(3, "reaction 2"), Entry(4, "c"), Entry(5, "d")]
ROOM = "general"
Change = Callable[[History, list[Entry]], None]


def clean() -> tuple[History, list[Entry]]:
    """Two writers and two readers to whom nothing happened; one reader came later."""
    history = History()
    for number, (seq, cid) in enumerate([(1, "a"), (2, "b"), (4, "c"), (5, "d")], start=1):
        history.acks.append(Ack(f"writer-{number % 2}", ROOM, seq, cid, number))
    history.views["reader", ROOM] = View("reader", ROOM, 0, LOG.copy())
    history.views["latecomer", ROOM] = View("latecomer", ROOM, 2, LOG[2:])
    return history, LOG.copy()


def verdict(history: History, log: list[Entry]) -> list[str]:
    return history.verdict({ROOM: log}, {ROOM: log[-1].seq if log else 0})


def seen(history: History) -> list[Entry]:
    return history.views["reader", ROOM].seen


def lose(history: History, _log: list[Entry]) -> None:
    del seen(history)[3]


def lose_the_last(history: History, _log: list[Entry]) -> None:
    del seen(history)[-1]


def lose_all(history: History, _log: list[Entry]) -> None:
    seen(history).clear()


def repeat(history: History, _log: list[Entry]) -> None:
    seen(history).append(seen(history)[3])


def repeat_under_another_number(history: History, log: list[Entry]) -> None:
    again = Entry(6, "d")
    log.append(again)
    for view in history.views.values():
        view.seen.append(again)


def swap(history: History, _log: list[Entry]) -> None:
    entries = seen(history)
    entries[0], entries[1] = entries[1], entries[0]


def swap_places(history: History, _log: list[Entry]) -> None:
    entries = seen(history)
    entries[0], entries[1] = Entry(1, "b"), Entry(2, "a")


def leave_a_gap_for_everyone(history: History, log: list[Entry]) -> None:
    del log[2]
    for view in history.views.values():
        view.seen.remove(LOG[2])


def forget(_history: History, log: list[Entry]) -> None:
    del log[-1]


def acknowledge_twice(history: History, _log: list[Entry]) -> None:
    history.acks.append(Ack("writer-0", ROOM, 4, "a", 1))


def put_another_there(_history: History, log: list[Entry]) -> None:
    log[1] = Entry(2, "x")


def begin_late(_history: History, log: list[Entry]) -> None:
    del log[0]


def fetch_something_else(history: History, _log: list[Entry]) -> None:
    del seen(history)[1:4]
    history.views["reader", ROOM].fetched.append(range(2, 4))


def test_a_clean_history_is_clean() -> None:
    history, log = clean()
    assert verdict(history, log) == []


def test_who_was_told_the_same_again_was_told_nothing_wrong() -> None:
    history, log = clean()
    history.acks.append(history.acks[0])
    assert verdict(history, log) == []


def test_changes_are_not_missed_in_what_was_fetched() -> None:
    history, log = clean()
    view = history.views["reader", ROOM]
    del view.seen[2]
    view.fetched.append(range(2, 4))
    assert verdict(history, log) == []


def test_a_message_is_missed_in_what_was_fetched() -> None:
    history, log = clean()
    view = history.views["reader", ROOM]
    del view.seen[1]
    view.fetched.append(range(2, 4))
    assert verdict(history, log) == ["general: reader saw the acknowledged message b 0 times"]


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lose, "general: reader missed 4: after 3 came 5"),
        (lose, "general: reader saw the acknowledged message c 0 times"),
        (lose_the_last, "general: reader saw nothing after 4, and missed 5"),
        (lose_all, "general: reader saw nothing after 0, and missed 1–5 (5)"),
        (repeat, "general: reader saw 4 again, after 5"),
        (repeat, "general: reader saw the acknowledged message c 2 times"),
        (repeat_under_another_number, "general: message d stands in the log 2 times"),
        (repeat_under_another_number, "general: latecomer saw the acknowledged message d 2 times"),
        (swap, "general: reader missed 1: after 0 came 2"),
        (swap, "general: reader saw 1 late, after 2"),
        (swap_places, "general: reader saw b as number 1, where the log has a"),
        (leave_a_gap_for_everyone, "general: in the log 4 follows 2"),
        (leave_a_gap_for_everyone, "general: latecomer missed 3: after 2 came 4"),
        (forget, "general: message d was acknowledged as number 5, which the log doesn't have"),
        (
            acknowledge_twice,
            "general: message a was acknowledged to writer-0 as number 1 of general and as number 4",
        ),
        (put_another_there, "general: message b was acknowledged as number 2, where the log has x"),
        (begin_late, "general: the log begins with 2"),
        (fetch_something_else, "general: reader missed 4: after 1 came 5"),
    ],
)
def test_a_fault_is_found_and_told(change: Change, finding: str) -> None:
    history, log = clean()
    change(history, log)
    assert finding in verdict(history, log)


def test_a_number_that_was_given_out_for_nothing_is_found() -> None:
    history, log = clean()
    assert history.verdict({ROOM: log}, {ROOM: 6}) == [
        "general: 6 numbers were given out, but the log doesn't end there"
    ]


def test_of_many_findings_the_first_are_told() -> None:
    history = History()
    history.acks = [Ack("writer", ROOM, number, f"m{number}", number) for number in range(1, 100)]
    findings = verdict(history, [])
    assert len(findings) == SHOWN + 1
    assert findings[-1] == "… and 87 more"


def test_a_view_knows_how_far_it_got() -> None:
    view = View("reader", ROOM, 7)
    assert view.last == 7
    view.seen.append(Entry(8, "a"))
    assert view.last == 8
    view.fetched.append(range(9, 21))
    assert view.last == 20
