"""`make bench`: measure the API. `--help` lists the options."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run() -> int:
    """Make `bench` and the tests' throwaway servers importable, and go on there."""
    sys.path[:0] = [str(ROOT), str(ROOT / "backend")]
    from bench.main import main

    return main()


if __name__ == "__main__":
    sys.exit(run())
