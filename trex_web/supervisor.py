"""One web process and one worker, in the foreground: restarted when they die, ended together."""

import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TextIO

HOST = "127.0.0.1"
PR_SET_PDEATHSIG = 1
GRACE_S = 20.0
MAX_QUICK_DEATHS = 5
QUICK_S = 10.0
"""A process that dies this soon after its start, that many times in a row, will not get better."""


class CannotServe(Exception):
    """The message says what stands in the way and what to do."""


@dataclass
class Child:
    """One supervised process, its output in a log file."""

    name: str
    command: list[str]
    log_path: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    quick_deaths: int = 0
    _log: TextIO | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches it through us only."""
        self._log = self.log_path.open("a", encoding="utf-8")
        self.process = subprocess.Popen(  # noqa: S603  our own interpreter and modules
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        self.started = time.monotonic()
        (self.log_path.parent / f"{self.name}.pid").write_text(str(self.process.pid))

    def restart_if_dead(self, say: Callable[[str], None]) -> None:
        """Start it again after a death. Raises CannotServe when it dies at once, again and again."""
        if self.process is None or self.process.poll() is None:
            return
        quick = time.monotonic() - self.started < QUICK_S
        self.quick_deaths = self.quick_deaths + 1 if quick else 0
        if self.quick_deaths >= MAX_QUICK_DEATHS:
            raise CannotServe(
                f"The {self.name} process keeps dying; its last words are in {self.log_path}"
            )
        say(
            f"The {self.name} process ended with status {self.process.returncode}; starting it again"
        )
        self.start()

    def stop(self, deadline: float) -> None:
        """Wait for its end until `deadline` (monotonic), then kill its group."""
        if self.process is None:
            return
        try:
            self.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self._log:
            self._log.close()
        (self.log_path.parent / f"{self.name}.pid").unlink(missing_ok=True)


def _end_with_parent() -> None:
    """Have Linux send SIGTERM when the supervisor dies, even by -9; elsewhere there is no such promise."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def prepare_home() -> None:
    """Folders, secret key, database and static files under TREX_HOME; harmless when they are there.

    Raises CannotServe when a setting or the folder cannot be used.
    """
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import call_command
    from django.db import DatabaseError

    _make_home(Path(os.environ.get("TREX_HOME", "~/.trex")).expanduser().resolve())
    try:
        django.setup()
        call_command("migrate", verbosity=0)
    except ImproperlyConfigured as error:
        raise CannotServe(str(error)) from error
    except DatabaseError as error:
        raise CannotServe(f"The database cannot be used: {error}") from error
    call_command("collectstatic", verbosity=0, interactive=False)


def _make_home(home: Path) -> None:
    try:
        for name in ("runs", "logs", "broker", "broker-control"):
            (home / name).mkdir(parents=True, exist_ok=True)
        key_file = home / "secret_key"
        if not key_file.exists():
            key_file.touch(mode=0o600)
            key_file.write_text(secrets.token_urlsafe(50))
    except OSError as error:
        raise CannotServe(f"TREX_HOME={home} cannot be used: {error.strerror}") from error


def check_port(port: int) -> None:
    """Raises CannotServe when another program listens on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CannotServe(
                f"port={port} is in use on {HOST}: stop what listens there, or pass --port"
            ) from error


def children(port: int) -> list[Child]:
    """The web process and the worker."""
    from django.conf import settings

    logs = settings.TREX_HOME / "logs"
    python = [sys.executable, "-m"]
    web = [
        *python,
        "daphne",
        "-b",
        HOST,
        "-p",
        str(port),
        "--no-server-name",
        "trex_web.asgi:application",
    ]
    # Runs and an export wait in threads for their processes; three more plan, sweep and turn hints away.
    threads = str(settings.TREX_RUN_SLOTS + 4)
    worker = [
        *python,
        "celery",
        "-A",
        "trex_web",
        "worker",
        "--pool",
        "threads",
        "--concurrency",
        threads,
    ]
    worker += [
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
        "--loglevel",
        "WARNING",
    ]
    return [Child("web", web, logs / "web.log"), Child("worker", worker, logs / "worker.log")]


@contextmanager
def running(port: int) -> Iterator[list[Child]]:
    """Both processes, started; at the end both get SIGTERM together and are waited for."""
    started = children(port)
    try:
        for child in started:
            child.start()
        yield started
    finally:
        for child in started:
            if child.process and child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        for child in started:
            child.stop(deadline)


@contextmanager
def ending_on_signals() -> Iterator[Callable[[float], bool]]:
    """Yields `wait(seconds)`, which returns True as soon as SIGINT or SIGTERM has come."""
    reader, writer = socket.socketpair()
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        writer.send(b"x")

    def wait(seconds: float) -> bool:
        reader.settimeout(seconds)
        try:
            if not asked:
                reader.recv(1)
        except TimeoutError:
            pass
        return asked

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield wait
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def serve(port: int) -> int:
    """`trex serve`: both processes until Ctrl-C; returns the exit status."""
    try:
        check_port(port)
        prepare_home()
        with ending_on_signals() as wait, running(port) as both:
            _say(f"TREX Explorer is at http://{HOST}:{port}/  (Ctrl-C ends it)")
            while not wait(0.5):
                for child in both:
                    child.restart_if_dead(_say)
    except CannotServe as error:
        _say(str(error))
        return 1
    return 0


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
