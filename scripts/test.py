"""Run the stages of `make test`, show how far they are, and sum up.

    test.py [STAGE...]
    test.py --packages [STAGE...]   only install what they need from the system, for which one has to be root

A stage is a make target, so that each can be run by itself. What it prints goes to .cache/test/STAGE.log, and
its end is shown when it fails. With CI=true a skipped test or stage is a failure.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from xml.etree import ElementTree as ET

import system

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / ".cache" / "test"
# Two light stages run at the same time; the heavy ones keep every core busy by themselves.
SLOTS = 2
TICK_SECONDS = 0.1
PROGRESS_SECONDS = 20
STOP_SECONDS = 20
SHOWN_LINES = 200
IN_CI = os.environ.get("CI", "").lower() in ("1", "true")


@dataclass(frozen=True)
class Stage:
    """A make target that passes or fails."""

    name: str
    # It runs tests and writes their results as JUnit XML to the file that the variable REPORT names.
    tests: bool = False
    heavy: bool = False
    needs: tuple[system.Package, ...] = ()


STAGES = (
    Stage("lint-backend"),
    Stage("lint-frontend"),
    Stage("lint-deploy", needs=(system.PROMETHEUS,)),
    Stage("type-check"),
    Stage("check-contract"),
    Stage("test-frontend", tests=True),
    Stage("size"),
    Stage("test-wheel", tests=True),
    Stage("test-backend", tests=True, heavy=True),
    Stage("test-backend-postgres", tests=True, heavy=True, needs=(system.POSTGRES,)),
    Stage(
        "test-gateway",
        tests=True,
        heavy=True,
        needs=(system.POSTGRES, system.NGINX, system.NGINX_BROTLI, system.BROWSER, system.FONT),
    ),
    Stage("e2e", tests=True, heavy=True, needs=(system.BROWSER, system.FONT)),
)
# Long suites, run only by their name.
MORE_STAGES = (
    Stage("test-faults", tests=True, heavy=True, needs=(system.POSTGRES, system.CLOCK, system.NGINX)),
    Stage("test-s3", tests=True, heavy=True, needs=system.CEPH),
    Stage("test-containers", tests=True, heavy=True, needs=(system.BROWSER, system.FONT)),
)


@dataclass
class Result:
    """What became of a stage. A stage without tests counts as one."""

    stage: Stage
    outcome: str
    seconds: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)


class Run:
    """A stage at work."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.started = time.monotonic()
        self.log = LOGS / f"{stage.name}.log"
        self._report = LOGS / f"{stage.name}.xml"
        self._report.unlink(missing_ok=True)
        # Options of the make above (-n, -j, -B) aren't meant for the stages.
        inherited = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MFLAGS")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["make", "--no-print-directory", stage.name],
                cwd=ROOT,
                env={**inherited, "REPORT": str(self._report)} if stage.tests else inherited,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A group of its own, which can be stopped as a whole.
                start_new_session=True,
            )

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def last_line(self) -> str:
        """The last thing it said, shortened to a line of a terminal."""
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1].strip()[:80] if lines else ""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the stage and everything it started."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return

    def result(self) -> Result:
        """What the ended stage came to, from its status and its report."""
        status = self.process.returncode
        result = Result(self.stage, "passed", self.seconds)
        if self.stage.tests:
            for case, outcome in self._cases():
                if outcome == "skipped":
                    result.skipped.append(case)
                else:
                    result.passed += outcome == "passed"
                    result.failed += outcome == "failed"
        elif status == 0:
            result.passed = 1
        # A run that ended badly after its last test, and one without any test, are failures of their own.
        if not result.failed and (status != 0 or not result.passed):
            result.failed = 1
        if result.failed or (IN_CI and result.skipped):
            result.outcome = "failed"
        return result

    def _cases(self) -> Iterator[tuple[str, str]]:
        if not self._report.exists():
            return
        for case in ET.parse(self._report).iter("testcase"):  # noqa: S314 - our own file
            name = f"{case.get('classname', '')} {case.get('name', '')}".strip()
            skipped = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                yield name, "failed"
            # An expected failure is a test that ran.
            elif skipped is not None and skipped.get("type") != "pytest.xfail":
                yield name, "skipped"
            else:
                yield name, "passed"


class Runner:
    """Runs stages side by side as far as they don't contend, and reports as they end."""

    def __init__(self, stages: list[Stage], absent: set[system.Package]) -> None:
        self.results: list[Result] = []
        self._pending = []
        self._running: list[Run] = []
        self._interrupted = 0
        for stage in stages:
            lacking = [package.name for package in stage.needs if package in absent]
            if lacking:
                self.results.append(Result(stage, "failed" if IN_CI else "skipped", failed=int(IN_CI)))
                print(f"    {stage.name}: not run without {', '.join(lacking)}", flush=True)
            else:
                self._pending.append(stage)

    def run(self) -> None:
        """Run them all. Raises KeyboardInterrupt after a signal, when everything has stopped."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._interrupt)
        told = time.monotonic()
        while self._pending or self._running:
            if self._interrupted:
                self._stop()
                raise KeyboardInterrupt
            self._start_next()
            time.sleep(TICK_SECONDS)
            self._collect()
            if time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                for run in self._running:
                    print(f"    {run.stage.name} {run.seconds:.0f} s: {run.last_line()}", flush=True)

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        self._interrupted = number

    def _start_next(self) -> None:
        while self._pending:
            stage = self._pending[0]
            if len(self._running) >= SLOTS or any(run.stage.heavy for run in self._running):
                return
            if stage.heavy and self._running:
                return
            print(f"==> {stage.name}", flush=True)
            self._running.append(Run(self._pending.pop(0)))

    def _collect(self) -> None:
        for run in [run for run in self._running if run.process.poll() is not None]:
            self._running.remove(run)
            result = run.result()
            self.results.append(result)
            if result.outcome == "failed":
                print(f"--- {run.stage.name} failed; the end of {run.log.relative_to(ROOT)}:")
                print("\n".join(run.log.read_text(errors="replace").splitlines()[-SHOWN_LINES:]))
            print(f"    {run.stage.name}: {result.outcome} after {result.seconds:.0f} s", flush=True)

    def _stop(self) -> None:
        for run in self._running:
            run.signal(signal.SIGINT)
        for run in self._running:
            try:
                run.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                run.signal(signal.SIGKILL)


def summarize(results: list[Result], seconds: float) -> int:
    """Print the table, what was skipped, and the sum; the exit status."""
    print(f"\n{'stage':<24}{'result':<10}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for result in results:
        counts = f"{result.passed:>8}{result.failed:>8}{len(result.skipped):>9}"
        print(f"{result.stage.name:<24}{result.outcome:<10}{counts}{result.seconds:>9.1f}")
    print(f"{'together':<58}{seconds:>9.1f}\n")
    skipped = [case for result in results for case in result.skipped]
    skipped += [result.stage.name for result in results if result.outcome == "skipped"]
    if skipped:
        print(f"skipped{', which CI=true does not allow' if IN_CI else ''}:")
        print("".join(f"  {case}\n" for case in skipped))
    passed, failed = sum(result.passed for result in results), sum(result.failed for result in results)
    print(f"{passed} passed, {failed} failed")
    return int(any(result.outcome == "failed" for result in results))


def main() -> int:
    """The command line."""
    known = {stage.name: stage for stage in (*STAGES, *MORE_STAGES)}
    arguments = sys.argv[1:]
    packages_only = arguments[:1] == ["--packages"]
    names = arguments[packages_only:] or [stage.name for stage in STAGES]
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"test: no stage {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    stages = [known[name] for name in names]
    absent = system.ensure({package for stage in stages for package in stage.needs})
    if packages_only:
        return int(bool(absent))
    LOGS.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    runner = Runner(stages, absent)
    try:
        runner.run()
    except KeyboardInterrupt:
        print("\nInterrupted.")
        return 130
    results = sorted(runner.results, key=lambda result: names.index(result.stage.name))
    return summarize(results, time.monotonic() - started)


if __name__ == "__main__":
    sys.exit(main())
