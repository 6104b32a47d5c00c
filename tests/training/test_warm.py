"""The warm parent: runs as good as new processes, and none that outlives it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.training.experiments import SHORT, spec
from tests.training.test_run import wait_for_event
from training.recipe import RunSpec, Step
from training.rundir import RunDir
from training.warm import scrub

LONG = Step(use="sft", params={"max_steps": 100_000})


class Warm:
    """A warm parent and the lines it writes."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "training.warm"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.ready = self.read()

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line: dict[str, Any] = json.loads(self.process.stdout.readline())
        return line

    def ask(self, path: Path, specification: RunSpec) -> int:
        RunDir.create(path, specification)
        self.send(json.dumps({"run_dir": str(path)}))
        pid: int = self.read()["pid"]
        return pid

    def send(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()


@pytest.fixture(scope="module")
def shared() -> Iterator[Warm]:
    """For tests that leave it alive."""
    warm = Warm()
    yield warm
    warm.process.kill()
    warm.process.wait()


def wait_until_gone(pid: int, *, within_s: float = 10) -> None:
    deadline = time.monotonic() + within_s
    while Path(f"/proc/{pid}").exists() and not _is_zombie(pid):
        assert time.monotonic() < deadline, f"{pid} is still there after {within_s} s"
        time.sleep(0.02)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_it_says_when_it_is_ready(shared: Warm) -> None:
    assert shared.ready["ready"] is True
    assert shared.ready["seconds"] > 0


@pytest.mark.parametrize("training", [None, SHORT])
def test_it_runs_a_baseline_and_a_trial(
    training: Step | None, shared: Warm, tmp_path: Path
) -> None:
    shared.ask(tmp_path / "run", spec(training))

    ended = shared.read()

    result = RunDir(tmp_path / "run").result()
    assert ended == {"run_dir": str(tmp_path / "run"), "exit": 0}
    assert result is not None
    assert result["status"] == "done"


def test_a_child_leads_its_own_process_group(shared: Warm, tmp_path: Path) -> None:
    pid = shared.ask(tmp_path / "run", spec(LONG))

    group = os.getpgid(pid)
    os.killpg(pid, signal.SIGKILL)

    assert group == pid
    assert shared.read() == {"run_dir": str(tmp_path / "run"), "exit": -signal.SIGKILL}


def test_sigterm_to_a_child_is_a_cancelled_run(shared: Warm, tmp_path: Path) -> None:
    pid = shared.ask(tmp_path / "run", spec(LONG))
    wait_for_event(tmp_path / "run", "metric")

    os.killpg(pid, signal.SIGTERM)

    assert shared.read()["exit"] == 143
    result = RunDir(tmp_path / "run").result()
    assert result is not None
    assert result["status"] == "cancelled"


def test_a_line_that_is_no_request_is_answered(shared: Warm) -> None:
    shared.send("hello")

    assert "is not a request" in shared.read()["error"]


def test_a_missing_run_directory_is_a_failed_child(shared: Warm, tmp_path: Path) -> None:
    shared.send(json.dumps({"run_dir": str(tmp_path / "nowhere")}))

    shared.read()

    assert shared.read() == {"run_dir": str(tmp_path / "nowhere"), "exit": 1}


@pytest.mark.parametrize("end", ["stdin closes", "SIGTERM", "SIGKILL"])
def test_children_end_with_their_parent(end: str, tmp_path: Path) -> None:
    warm = Warm()
    pid = warm.ask(tmp_path / "run", spec(LONG))
    wait_for_event(tmp_path / "run", "metric")

    if end == "stdin closes":
        assert warm.process.stdin is not None
        warm.process.stdin.close()
    else:
        warm.process.send_signal(getattr(signal, end))

    status = warm.process.wait(timeout=20)
    assert status == {"stdin closes": 0, "SIGTERM": 143, "SIGKILL": -9}[end]
    wait_until_gone(pid)
    result = RunDir(tmp_path / "run").result()
    assert (result is not None and result["status"] == "cancelled") == (end == "SIGTERM")


def test_secrets_are_scrubbed_and_the_rest_stays() -> None:
    environment = {
        "OPENAI_API_KEY": "k",
        "HF_TOKEN": "t",
        "AWS_REGION": "r",
        "DATABASE_URL": "d",
        "PATH": "/bin",
    }

    scrub(environment)

    assert environment == {"PATH": "/bin"}
