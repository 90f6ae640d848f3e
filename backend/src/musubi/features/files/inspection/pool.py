"""The worker processes."""

import asyncio
import signal
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from musubi.adapters.inspection.processes import LightContext
from musubi.adapters.inspection.worker import start

TASKS_PER_PROCESS = 200
"""After so many a process is replaced: what libraries leak doesn't add up."""
_GRACE = 10.0
"""Seconds that starting a process may take on a busy machine."""

T = TypeVar("T")


class Broken(Exception):
    """The processes can't be used any more; others may be."""


class Pool:
    """Processes that can be ended one by one, and are replaced. They start with the first task."""

    def __init__(self, *, workers: int, memory_mib: int) -> None:
        """Each of the processes may use `memory_mib` more than it starts with."""
        self._processes = ProcessPool(
            max_workers=workers,
            max_tasks=TASKS_PER_PROCESS,
            initializer=start,
            initargs=(memory_mib,),
            context=LightContext(),
        )
        self._running: set[Future[Any]] = set()
        self._is_started = False
        self._ended: asyncio.Future[None] | None = None

    async def run(self, seconds: float, function: Callable[..., T], *args: object) -> T:
        """What the function returns or raises in one of the processes. When the caller is cancelled, so is the work.

        For no more tasks at once than there are processes. Raises TimeoutError when it took longer than `seconds`,
        pebble.ProcessExpired when the process died of it, and Broken; that, too, when the process was told to end, as
        service managers tell all of a service at once while the server still has requests to answer.
        """
        future = await self._schedule(seconds, function, args)
        self._running.add(future)
        whole = asyncio.timeout(seconds + _GRACE)
        try:
            async with whole:
                return await asyncio.wrap_future(future)
        except TimeoutError:
            if whole.expired():
                raise Broken from None
            raise
        except BrokenProcessPool as error:
            raise Broken from error
        except ProcessExpired as error:
            if error.exitcode == -signal.SIGTERM:
                raise Broken from error
            raise
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if not self._is_ended() or caller is None or caller.cancelling():
                raise
            raise Broken from None  # Not the caller is cancelled but the work, by `end`.
        finally:
            self._running.discard(future)

    async def _schedule(self, seconds: float, function: Callable[..., T], args: tuple[object, ...]) -> Future[T]:
        if self._is_ended():
            raise Broken
        try:
            if not self._is_started:
                self._is_started = await asyncio.to_thread(lambda: self._processes.active)  # which starts them
            return self._processes.schedule(function, args=args, timeout=seconds)
        except RuntimeError as error:
            raise Broken from error

    def end(self) -> asyncio.Future[None]:
        """End the processes, whatever they do; done when they are gone.

        In a thread that nobody has to wait for, because it waits for threads of the pool, which may be stuck.
        """
        if self._ended is None:
            self._ended = asyncio.get_running_loop().create_future()
            for future in self._running:
                future.cancel()
            Thread(target=self._end, args=(self._ended,), name="end-inspection", daemon=True).start()
        return self._ended

    def _is_ended(self) -> bool:
        return self._ended is not None

    def _end(self, ended: asyncio.Future[None]) -> None:
        def tell() -> None:
            if not ended.done():
                ended.set_result(None)

        try:
            self._processes.stop()  # type: ignore[no-untyped-call]
            self._processes.join()
        finally:
            with suppress(RuntimeError):  # The loop is closed: nobody waits.
                ended.get_loop().call_soon_threadsafe(tell)
