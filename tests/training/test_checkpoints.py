"""Checkpoints: whatever is killed, deleted, cut or flipped, a whole one is found or none."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from training.checkpoints import MANIFEST, Checkpoints, Disk, safe, verify
from training.errors import BrokenCheckpoint

FILES = {
    "model.safetensors": b"weights",
    "optimizer.pt": b"moments",
    "deep/rng_state.pth": b"dice",
}
FLIP = 0x04


class DyingDisk(Disk):
    """Ends this process, as kill -9 does, before its nth change; a write or a removal is then half done."""

    def __init__(self, dies_at: int) -> None:
        self.left = dies_at

    def _live(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def write(self, path: Path, text: str) -> None:
        if not self._live():
            path.write_text(text[: len(text) // 2])
            os._exit(9)
        super().write(path, text)

    def sync(self, path: Path) -> None:
        if not self._live():
            os._exit(9)
        super().sync(path)

    def rename(self, old: Path, new: Path) -> None:
        if not self._live():
            os._exit(9)
        super().rename(old, new)

    def remove(self, path: Path) -> None:
        if not self._live():
            for file in [each for each in sorted(path.rglob("*")) if each.is_file()][:1]:
                file.unlink()
            os._exit(9)
        super().remove(path)


class Trainer:
    """The parts of transformers' Trainer that saving touches."""

    def __init__(self, step: int, written: Callable[[], None] = lambda: None) -> None:
        self.state = type("State", (), {"global_step": step})
        self._written = written

    def add_callback(self, callback: Any) -> None:
        self.callback = callback

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        folder = Path(self._get_output_dir(trial)) / f"checkpoint-{self.state.global_step}"
        for name, content in FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content + str(self.state.global_step).encode())
            self._written()

    def _get_output_dir(self, trial: Any) -> str:
        raise AssertionError("the trainer's own folder must not be used")


def save(checkpoints: Checkpoints, *steps: int) -> None:
    for step in steps:
        safe(Trainer, checkpoints)(step)._save_checkpoint(None, None)


def refuse(text: str) -> None:
    raise AssertionError(f"reported: {text}")


def in_child(work: Callable[[], None]) -> int:
    """Exit status of `work` in a process of its own."""
    pid = os.fork()
    if pid == 0:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_nothing_saved_is_no_checkpoint(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "none").newest(refuse) is None


def test_the_newest_two_stay(tmp_path: Path) -> None:
    save(Checkpoints(tmp_path), 8, 9, 10, 11)

    assert names(tmp_path) == ["checkpoint-10", "checkpoint-11"]
    assert Checkpoints(tmp_path).newest(refuse) == tmp_path / "checkpoint-11"


def test_another_process_prunes_what_it_did_not_write(tmp_path: Path) -> None:
    save(Checkpoints(tmp_path), 1, 2)
    save(Checkpoints(tmp_path), 3)

    assert names(tmp_path) == ["checkpoint-2", "checkpoint-3"]


def test_a_kill_at_any_change_of_the_disk_leaves_a_verified_checkpoint(tmp_path: Path) -> None:
    """F04; the third save removes the first, so removal is cut short too."""
    status, dies_at = 9, 0
    while status == 9:
        folder = tmp_path / str(dies_at)
        save(Checkpoints(folder), 1, 2)
        disk = DyingDisk(dies_at)
        status = in_child(lambda f=folder, d=disk: save(Checkpoints(f, disk=d), 3))  # type: ignore[misc]

        newest = Checkpoints(folder).newest(refuse)
        assert newest in {folder / "checkpoint-2", folder / "checkpoint-3"}
        assert [name for name in names(folder) if not name.startswith("checkpoint-")] == []
        assert len(names(folder)) >= 2
        dies_at += 1
    assert status == 0
    assert dies_at > 10


@pytest.mark.parametrize("dies_after", [1, 2, 3])
def test_a_kill_while_the_trainer_writes_leaves_the_previous_one(
    dies_after: int, tmp_path: Path
) -> None:
    save(Checkpoints(tmp_path), 1)
    left = iter(range(dies_after - 1))

    def written() -> None:
        if next(left, None) is None:
            os._exit(9)

    trainer = safe(Trainer, Checkpoints(tmp_path))(2, written)
    assert in_child(lambda: trainer._save_checkpoint(None, None)) == 9

    assert Checkpoints(tmp_path).newest(refuse) == tmp_path / "checkpoint-1"
    assert names(tmp_path) == ["checkpoint-1"]


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
@pytest.mark.parametrize("damage", ["delete", "truncate", "empty"])
def test_a_damaged_checkpoint_is_told_and_the_previous_one_used(
    name: str, damage: str, tmp_path: Path
) -> None:
    """F05."""
    save(Checkpoints(tmp_path), 1, 2)
    path, told = tmp_path / "checkpoint-2" / name, list[str]()
    content = path.read_bytes()
    path.unlink() if damage == "delete" else path.write_bytes(
        content[:-1] if damage == "truncate" else b""
    )

    assert Checkpoints(tmp_path).newest(told.append) == tmp_path / "checkpoint-1"
    assert names(tmp_path) == ["checkpoint-1", "checkpoint-2.broken"]
    assert len(told) == 1
    assert Path(name).name in told[0]


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_one_flipped_bit_in_any_byte_is_detected(name: str, tmp_path: Path) -> None:
    """F05, at every byte of every file."""
    save(Checkpoints(tmp_path), 1)
    path = tmp_path / "checkpoint-1" / name
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ FLIP]) + content[place + 1 :])
        with pytest.raises(BrokenCheckpoint):
            verify(path.parent if "/" not in name else path.parent.parent)


def test_a_file_that_is_not_listed_breaks_a_checkpoint(tmp_path: Path) -> None:
    save(Checkpoints(tmp_path), 1)
    (tmp_path / "checkpoint-1" / "optimizer.bin").write_bytes(b"pickle")

    with pytest.raises(BrokenCheckpoint, match=r"optimizer\.bin is not in manifest"):
        verify(tmp_path / "checkpoint-1")


def test_a_renamed_checkpoint_does_not_pass_for_a_later_step(tmp_path: Path) -> None:
    save(Checkpoints(tmp_path), 1)
    (tmp_path / "checkpoint-1").rename(tmp_path / "checkpoint-9")

    assert Checkpoints(tmp_path).newest(lambda _: None) is None


def test_the_checkpoints_of_another_training_are_not_used(tmp_path: Path) -> None:
    first, told = Checkpoints(tmp_path / "c"), list[str]()
    first.open({"fingerprint": "a"}, refuse)
    save(first, 1)

    again, other = Checkpoints(tmp_path / "c"), Checkpoints(tmp_path / "c")
    again.open({"fingerprint": "a"}, refuse)
    assert again.newest(refuse) is not None
    other.open({"fingerprint": "b"}, told.append)

    assert other.newest(refuse) is None
    assert told == ["The checkpoints there belong to another training: starting from step 0."]


def test_a_full_disk_costs_the_checkpoint_and_not_the_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """F15; a disk that refuses the manifest stands for a small file system."""

    class Full(Disk):
        def write(self, path: Path, text: str) -> None:
            raise OSError(28, "No space left on device")

    save(Checkpoints(tmp_path), 1)
    save(Checkpoints(tmp_path, disk=Full()), 2)

    assert names(tmp_path) == ["checkpoint-1"]
    assert "The disk is full: no checkpoint of step 2" in caplog.text


def test_without_checkpoints_a_trainer_stays_as_it_is() -> None:
    assert safe(Trainer, None) is Trainer
