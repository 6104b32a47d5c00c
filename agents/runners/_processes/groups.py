"""Process groups: started in a session of their own, ended with all that they have started."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from agents.errors import RunnerError
from agents.runners._processes.environment import environment

_POLL_S = 0.02
_GONE_WITHIN_S = 5.0


def spawn(arguments: Sequence[str], **streams: Any) -> subprocess.Popen[bytes]:
    """`python -m …` as the leader of a group. Raises RunnerError."""
    command = [sys.executable, "-m", *arguments]
    try:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and modules; the path is an argument, no shell
            command,
            stdin=subprocess.PIPE,
            env=environment(os.environ),
            start_new_session=True,
            **streams,
        )
    except OSError as error:
        raise RunnerError(f"{' '.join(command)} cannot be started: {error}") from error


def end_group(pgid: int, wait: Callable[[float | None], bool], *, grace_s: float) -> None:
    """SIGTERM, then SIGKILL after `grace_s`; returns when the leader is reaped and the group is gone."""
    ask_to_end(pgid)
    wait(grace_s)
    send(pgid, signal.SIGKILL)
    wait(_GONE_WITHIN_S)
    give_up_at = time.monotonic() + _GONE_WITHIN_S
    while send(pgid, 0) and time.monotonic() < give_up_at:
        time.sleep(_POLL_S)


def ask_to_end(pgid: int) -> None:
    """SIGTERM; a run that is asked again while it saves a checkpoint goes on saving."""
    send(pgid, signal.SIGTERM)


def send(pgid: int, number: int) -> bool:
    """Signal the group; False when it is gone."""
    try:
        os.killpg(pgid, number)
    except ProcessLookupError:
        return False
    return True
