"""Leases of this machine's devices: locks that the kernel releases when their holder ends, however it ends."""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class Lease:
    """The right to use the devices `names`; none on a machine that has none."""

    names: tuple[str, ...]
    locks: tuple[IO[bytes], ...] = ()

    def release(self) -> None:
        """Give the devices back."""
        for lock in self.locks:
            lock.close()


class Devices:
    """The devices `names`, shared with every process on this machine that uses the same `folder`.

    Processes that name one device differently (by number and by UUID) do not know of one another.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._folder = folder
        self._names = tuple(names)

    def lease(self, count: int) -> Lease | None:
        """`count` free devices, or None while there are too few.

        An empty lease where there never will be as many: what needs them is refused when it runs.
        """
        if count > len(self._names):
            return Lease(())
        with self._turn():
            held = [(name, lock) for name in self._names if (lock := self._lock(name))]
        for _, lock in held[count:]:
            lock.close()
        if len(held) < count:
            for _, lock in held:
                lock.close()
            return None
        names, locks = zip(*held[:count], strict=True)
        return Lease(names, locks)

    def _lock(self, name: str) -> IO[bytes] | None:
        file = (self._folder / f"{name.replace('/', '_')}.lock").open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        return file

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One at a time, or two that need all devices could each hold half of them."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "turn.lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
