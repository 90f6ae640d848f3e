"""How the processes that look into files are started."""

import sys
from multiprocessing.context import SpawnContext, SpawnProcess
from threading import Lock
from types import ModuleType

_starting = Lock()


class LightProcess(SpawnProcess):
    """A new interpreter that doesn't import the program which the server was started as.

    multiprocessing has each new interpreter import `__main__` of the one that starts it. Here that is the server: with
    it, such a process would start in seconds and take the memory of a server.
    """

    def start(self) -> None:
        with _starting:
            main = sys.modules["__main__"]
            sys.modules["__main__"] = ModuleType("__main__")
            try:
                super().start()
            finally:
                sys.modules["__main__"] = main


class LightContext(SpawnContext):
    """Never forks: the server has threads, and what they hold would stay held."""

    Process = LightProcess
