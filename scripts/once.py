"""Run a command unless its inputs are the ones of its last success.

    once.py NAME --inputs PATH... --outputs PATH... [--except GLOB...] [--env NAME...] -- COMMAND...

make compares times, and a fresh checkout or a changed branch gives every file a new one; `npm ci` would then
run for nothing. This compares contents: the digest of all that the command depends on is kept in
.cache/stamps/NAME. It runs before anything is installed, so it needs nothing but Python 3.11, and says so
when it got an older one.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this is the line that tells people
    sys.exit(
        f"Musubi needs Python 3.11 or newer, and {sys.executable} is {sys.version.split()[0]}. "
        "Name another one: make PYTHON=python3.12 ..."
    )

import argparse
import fcntl
import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMPS = ROOT / ".cache" / "stamps"


def files(path: Path, excepted: list[str]) -> Iterator[Path]:
    """The file itself, or every file below the folder in a stable order, without the excepted ones."""
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in found:
        ignored = "__pycache__" in file.parts or any(file.match(glob) for glob in excepted)
        if file.is_file() and not ignored:
            yield file


def digest(options: argparse.Namespace) -> str:
    """A hash of the inputs' names and contents, the command, the named variables, the place and the Python.

    The place counts because a virtual environment holds absolute paths and can't be moved.
    """
    # The lengths keep two different lists of parts from giving the same stream of bytes.
    whole = hashlib.sha256()

    def add(part: bytes) -> None:
        whole.update(b"%d:" % len(part) + part)

    add(repr((str(ROOT), sys.version_info[:2], options.command)).encode())
    for name in options.env:
        add(f"{name}={os.environ.get(name)}".encode())
    for pattern in options.inputs:
        matches = sorted(ROOT.glob(pattern))
        if not matches:
            sys.exit(f"once: {options.name}: no such input: {pattern}")
        for match in matches:
            for file in files(match, options.excepted):
                add(str(file.relative_to(ROOT)).encode())
                add(file.read_bytes())
    return whole.hexdigest()


def arguments() -> argparse.Namespace:
    """The command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--inputs", nargs="+", required=True, metavar="PATH")
    parser.add_argument("--outputs", nargs="+", required=True, metavar="PATH")
    parser.add_argument("--except", nargs="+", default=[], metavar="GLOB", dest="excepted")
    parser.add_argument("--env", nargs="+", default=[], metavar="NAME")
    own, separator, command = _split(sys.argv[1:])
    options = parser.parse_args(own)
    if not (separator and command):
        parser.error("the command is missing: put it after --")
    options.command = command
    return options


def _split(argv: list[str]) -> tuple[list[str], bool, list[str]]:
    if "--" not in argv:
        return argv, False, []
    at = argv.index("--")
    return argv[:at], True, argv[at + 1 :]


def main() -> int:
    """Run the command if it is due; its exit status, or 0 when there was nothing to do."""
    options = arguments()
    STAMPS.mkdir(parents=True, exist_ok=True)
    # Two makes at once (a server in one terminal, the tests in another) must not both install.
    with (STAMPS / f".{options.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = STAMPS / options.name
        current = digest(options)
        complete = all((ROOT / output).exists() for output in options.outputs)
        if complete and stamp.exists() and stamp.read_text() == current:
            return 0
        print(f"==> {options.name}", flush=True)
        stamp.unlink(missing_ok=True)
        status = subprocess.run(options.command, cwd=ROOT, check=False).returncode
        if status == 0:
            stamp.write_text(current)
        return status


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
