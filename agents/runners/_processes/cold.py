"""A program in an interpreter of its own, which spends seconds on its imports."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO, cast

from agents.runners._processes.groups import end_group, spawn


class Cold:
    """`python -m WORDS`, with what it prints in `output`."""

    def __init__(self, words: Sequence[str], output: Path) -> None:
        with output.open("ab") as written:
            self._popen = spawn(words, stdout=written, stderr=subprocess.STDOUT)
        self.pid = self._popen.pid

    def poll(self) -> int | None:
        return self._popen.poll()

    def stop(self, grace_s: float) -> None:
        if self.poll() is None:
            end_group(self.pid, self._wait, grace_s=grace_s)
        cast("IO[bytes]", self._popen.stdin).close()

    def _wait(self, timeout_s: float | None) -> bool:
        try:
            self._popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True
