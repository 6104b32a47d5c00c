"""F15: a disk without space costs what could not be written and nothing else; work goes on when space returns."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.training.experiments import SHORT, run, spec
from training.checkpoints import Checkpoints
from training.rundir import RunDir

pytestmark = pytest.mark.faults
MIB = 1024 * 1024


class SmallDisk:
    """A file system of a few megabytes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self, *, but_bytes: int = 0) -> None:
        """Leave so much space and no more."""
        free = os.statvfs(self.path).f_bavail * os.statvfs(self.path).f_frsize
        (self.path / "ballast").write_bytes(b"\0" * max(0, free - but_bytes))

    def empty(self) -> None:
        """Give the space back."""
        (self.path / "ballast").unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    path = tmp_path / "small"
    path.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(path)],  # noqa: S607  # the system's own tool
        check=False,
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    yield SmallDisk(path)
    subprocess.run(["umount", "--lazy", str(path)], check=True)  # noqa: S607  # as above


def leftovers(path: Path) -> list[str]:
    return [each.name for each in path.rglob(".*")]


def test_a_run_without_space_for_its_model_fails_plainly_and_the_next_is_done(
    disk: SmallDisk,
) -> None:
    disk.fill(but_bytes=MIB // 2)
    status, result = run(disk.path / "first", spec(SHORT))
    disk.empty()
    again, whole = run(disk.path / "second", spec(SHORT))

    assert (status, result["status"]) == (1, "failed")
    assert result["reason"] == "The disk is full: free some space, then run the node again."
    assert leftovers(disk.path) == []
    assert not (disk.path / "first" / "model").exists()
    assert (again, whole["status"]) == (0, "done")
    assert RunDir(disk.path / "second").result() == whole


def test_checkpoints_without_space_leave_the_last_one_whole(disk: SmallDisk) -> None:
    checkpoints = Checkpoints(disk.path / "saved")
    checkpoints.open({"recipe": "r"}, print)
    _save(checkpoints, 1)
    disk.fill(but_bytes=MIB)
    _save(checkpoints, 2)
    while_full = checkpoints.newest(print)
    disk.empty()
    _save(checkpoints, 3)

    assert while_full is not None
    assert while_full.name == "checkpoint-1"
    assert leftovers(disk.path) == []
    assert sorted(path.name for path in checkpoints.folder.glob("c*")) == [
        "checkpoint-1",
        "checkpoint-3",
    ]


def _save(checkpoints: Checkpoints, step: int) -> None:
    with checkpoints.saving(step):
        staged = checkpoints.staging / f"checkpoint-{step}"
        staged.mkdir(parents=True)
        (staged / "weights").write_bytes(os.urandom(2 * MIB))


def test_a_database_without_space_keeps_all_it_acknowledged_and_goes_on(disk: SmallDisk) -> None:
    story = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("full_database.py")), str(disk.path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
        env=_environment(disk.path),
    )
    assert story.returncode == 0, story.stderr
    told: dict[str, Any] = json.loads(story.stdout.splitlines()[-1])

    assert "full" in told["refused"]
    assert told["integrity"] == "ok"
    assert told["sequence"] == list(range(1, len(told["sequence"]) + 1))
    assert told["acknowledged"] == told["kept"] > 0
    assert told["states"] == ["running", "queued", "running"]


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TREX_")}
    kept.pop("DATABASE_URL", None)
    own = {
        "TREX_HOME": str(home),
        "TREX_LEASE_S": "2",
        "DJANGO_SETTINGS_MODULE": "trex_web.settings",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    return kept | own
