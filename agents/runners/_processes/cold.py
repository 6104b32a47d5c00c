"""A run in an interpreter of its own, which spends seconds on its imports."""

import subprocess
from pathlib import Path
from typing import IO, cast

from agents.runners._processes.groups import end_group, spawn


class Cold:
    """A run in a fresh interpreter."""

    def __init__(self, path: Path) -> None:
        with (path / "output.log").open("ab") as output:
            arguments = ["training.run", str(path), "--lifeline"]
            self._popen = spawn(arguments, stdout=output, stderr=subprocess.STDOUT)
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
