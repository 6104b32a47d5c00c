"""A real `trex` in a home of its own, and clients that read it as a browser does."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import psutil
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

ROOT = Path(__file__).resolve().parent.parent
START_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Trex:
    """A running `trex`: `words` are its subcommand and options."""

    def __init__(self, home: Path, words: list[str], environment: dict[str, str]) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.project_url = f"{self.url}/projects/1/"
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TREX_", "DJANGO_"))
        }
        self.output = (home / "trex.txt").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "trex_web.cli", *words, f"--port={self.port}"],
            cwd=ROOT,
            env=kept | {"TREX_HOME": str(home)} | environment,
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )

    def pid(self, name: str) -> int:
        """Process id of `web` or `worker`."""
        return int((self.home / "logs" / f"{name}.pid").read_text())

    def text(self) -> str:
        """What was printed so far, and the ends of the logs: for messages of failed tests."""
        logs = sorted((self.home / "logs").glob("*.log"))
        return "\n".join(path.read_text()[-3000:] for path in [self.home / "trex.txt", *logs])

    def get(self, path: str) -> Any:
        """Decoded JSON of a page of this site."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=20) as answer:
            return json.loads(answer.read())

    def wait_until(self, found: Callable[[], Any], *, timeout_s: float) -> Any:
        """The first true result of `found`; connection errors count as not yet."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"trex ended with {self.process.returncode}:\n{self.text()}")
            try:
                if result := found():
                    return result
            except (OSError, FileNotFoundError, psutil.Error):
                pass
            time.sleep(0.1)  # nothing signals a foreign process's state
        raise AssertionError(f"nothing within {timeout_s} s:\n{self.text()}")

    def events(self) -> list[dict[str, Any]]:
        """The whole event log of the demo's project."""
        found, after, more = [], 0, True
        while more:
            page = self.get(f"/projects/1/events/?after={after}&limit=2000")
            found, after, more = found + page["events"], page["last"], page["more"]
        return found

    def nodes(self) -> dict[int, dict[str, Any]]:
        """Nodes by number."""
        return {node["id"]: node for node in self.get("/projects/1/tree/")["nodes"]}

    def act(self, path: str, **fields: Any) -> int:
        """POST an act as a page of this site would; returns the HTTP status."""
        jar = CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        opener.open(f"{self.url}/projects/new/", timeout=20).read()
        token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
        body = urllib.parse.urlencode(fields).encode()
        request = urllib.request.Request(
            f"{self.project_url}{path}", body, {"X-CSRFToken": token, "HX-Request": "true"}
        )
        try:
            return opener.open(request, timeout=20).status
        except urllib.error.HTTPError as error:
            return error.code

    def training_pids(self) -> set[int]:
        """Process ids of the training processes: leaders of their own groups below the worker."""
        below = psutil.Process(self.pid("worker")).children(recursive=True)
        return {
            process.pid
            for process in below
            if os.getpgid(process.pid) == process.pid and _trains(process)
        }


def _trains(process: psutil.Process) -> bool:
    """A forked run looks like its warm parent but is the leader of a session of its own, below it."""
    parent = process.parent()
    return parent is not None and "training" in " ".join(parent.cmdline())


@contextmanager
def trex_demo(home: Path, *, nodes: int, **environment: str) -> Iterator[Trex]:
    """`trex demo` once its page answers; ended by Ctrl-C."""
    with _running(Trex(home, ["demo", "--no-browser", f"--nodes={nodes}"], environment)) as trex:
        yield trex


@contextmanager
def trex_serve(home: Path, **environment: str) -> Iterator[Trex]:
    """`trex serve` on a home that has the demo's project, once its page answers; ended by Ctrl-C."""
    with _running(Trex(home, ["serve"], environment)) as trex:
        yield trex


@contextmanager
def _running(trex: Trex) -> Iterator[Trex]:
    try:
        trex.wait_until(lambda: trex.get("/projects/1/tree/"), timeout_s=START_S)
        yield trex
    finally:
        if trex.process.poll() is None:
            trex.process.send_signal(signal.SIGINT)
        trex.process.wait(timeout=60)
        trex.output.close()


class SocketReader:
    """Reads a project's socket like the page: remembers the last seq, and comes back after a loss."""

    def __init__(self, trex: Trex) -> None:
        self.events: list[dict[str, Any]] = []
        self.connections = 0
        self._trex = trex
        self._news = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def wait_for(self, found: Callable[[list[dict[str, Any]]], Any], *, timeout_s: float) -> Any:
        """The first true result of `found` over the events read so far."""
        with self._news:
            if not self._news.wait_for(lambda: found(self.events), timeout=timeout_s):
                raise AssertionError(f"not seen within {timeout_s} s:\n{self._trex.text()}")
            return found(self.events)

    def close(self) -> None:
        """Read no more."""
        self._ended = True

    def _read(self) -> None:
        while not self._ended:
            try:
                self._read_connection()
            except (OSError, WebSocketException):
                time.sleep(0.2)  # the server is away; nothing tells when it is back

    def _read_connection(self) -> None:
        jar = CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        opener.open(self._trex.url, timeout=20).read()
        cookie = "; ".join(f"{found.name}={found.value}" for found in jar)
        after = self.events[-1]["seq"] if self.events else 0
        address = f"ws://127.0.0.1:{self._trex.port}/ws/projects/1/?after={after}"
        with connect(
            address, origin=self._trex.url, additional_headers={"Cookie": cookie}, max_size=None
        ) as opened:
            self.connections += 1
            for frame in opened:
                with self._news:
                    self.events += json.loads(frame).get("events", [])
                    self._news.notify_all()


def states(events: list[dict[str, Any]], node: int) -> list[str]:
    """The states that `node` went through."""
    changes = [
        event for event in events if event["node"] == node and event["kind"] == "node.changed"
    ]
    return [event["data"]["state"] for event in changes if "state" in event["data"]]


def assert_contiguous(events: list[dict[str, Any]]) -> None:
    """No event lost, none doubled, all in order."""
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
