"""An event loop in a thread of its own, for calls that wait on the network while their owners do other things."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

Result = TypeVar("Result")


class Background:
    """What one owner has under way on the process's loop."""

    def __init__(self) -> None:
        self._running: set[Future[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Begin `work`; cancelling the future ends it wherever it waits."""
        future = asyncio.run_coroutine_threadsafe(work, _loop())
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future

    def close(self) -> None:
        """Cancel what runs; what comes later runs all the same."""
        for future in list(self._running):
            future.cancel()


_first = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    with _first:
        return _living_loop()


@cache
def _living_loop() -> asyncio.AbstractEventLoop:
    """One for the process, because litellm keeps connections and a worker of its own for each; it ends with the process."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="llm", daemon=True).start()
    return loop
