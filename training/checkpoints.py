"""Checkpoints that survive a kill at any moment: written aside, listed last, renamed, verified before use.

Transformers writes in place, resumes silently from a missing optimizer or a flipped byte, and keeps its optimizer and
random states as pickles. Those are loaded only from a checkpoint of ours whose every byte its manifest vouches for.
Not a security boundary: who can write into the folder can write a manifest too.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from training import distributed
from training.errors import BrokenCheckpoint
from training.failures import is_disk_full

FORMAT = 1
MANIFEST = "manifest.json"
Tell = Callable[[str], None]
_PREFIX = "checkpoint-"
_STAGING = ".saving"
_REMOVING = ".removing-"
_log = logging.getLogger(__name__)


class Disk:
    """What changes the folder, one call each, so that a test can end the process before any of them."""

    def write(self, path: Path, text: str) -> None:
        """Write a small file and wait until it is stored."""
        with path.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    def sync(self, path: Path) -> None:
        """Wait until a file's bytes, or a folder's names, are stored."""
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)

    def rename(self, old: Path, new: Path) -> None:
        """Give `old` another name in the same folder tree."""
        old.rename(new)

    def remove(self, path: Path) -> None:
        """Delete a folder."""
        shutil.rmtree(path)


class Checkpoints:
    """The checkpoints of one training in `folder`, of which the newest `keep` verified ones stay."""

    def __init__(self, folder: Path, keep: int = 2, *, disk: Disk | None = None) -> None:
        self.folder = folder
        self.staging = folder / _STAGING
        self.resumed_from_step: int | None = None
        """The step that the training in this process went on from."""
        self.step = 0
        """The last whole step of the training in this process."""
        self.is_training = False
        """Whether a trainer is at work that will look at `stop_asked` after its next step."""
        self.stop_asked = False
        self._keep = keep
        self._disk = disk or Disk()
        self._verified: set[Path] = set()

    def open(self, identity: dict[str, Any], report: Tell) -> None:
        """Make the folder ready for the training that `identity` names; what belongs to another is set aside.

        Of processes that train together the first does it.
        """
        if distributed.rank():
            return
        text = json.dumps(identity, sort_keys=True)
        known = self.folder / "for.json"
        if self.folder.exists() and _text(known) != text:
            if any(self.folder.glob(f"{_PREFIX}*")):
                report("The checkpoints there belong to another training: starting from step 0.")
            self._remove(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not known.exists():
            self._disk.write(known, text)
        self.sweep()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that a training could go on from."""
        return not self._all()

    def newest(self, report: Tell) -> Path | None:
        """The newest checkpoint whose every file verifies; broken ones are reported and renamed to *.broken."""
        return distributed.from_first(None if distributed.rank() else self._newest(report))

    def _newest(self, report: Tell) -> Path | None:
        self.sweep()
        for path in self._all():
            try:
                verify(path)
            except BrokenCheckpoint as error:
                report(f"{path.name} is not used: {error}")
                self._set_aside(path)
            else:
                self._verified.add(path)
                return path
        return None

    def sweep(self) -> None:
        """Remove what a killed process has left half-written or half-deleted."""
        for path in (self.staging, _removing(self.folder), *self.folder.glob(f"{_REMOVING}*")):
            if path.exists():
                self._disk.remove(path)

    def abandon(self) -> None:
        """Leave nothing half-written of a checkpoint that this process is just saving."""
        shutil.rmtree(self.staging, ignore_errors=True)

    def commit(self, step: int) -> Path:
        """Make `staging`/checkpoint-`step`, written whole by now, a checkpoint; then drop the oldest ones."""
        staged, final = self.staging / f"{_PREFIX}{step}", self.folder / f"{_PREFIX}{step}"
        files = sorted(path for path in staged.rglob("*") if path.is_file())
        for path in (*files, *_folders(staged)):
            self._disk.sync(path)
        self._disk.write(staged / MANIFEST, _manifest(staged, files, step))
        self._disk.sync(staged)
        if final.exists():
            self._remove(final)
        self._disk.rename(staged, final)
        self._disk.sync(self.folder)
        self._verified.add(final)
        self._prune()
        return final

    @contextmanager
    def saving(self, step: int) -> Iterator[None]:
        """Commit what the body writes into `staging`; a full disk costs this checkpoint, not the training.

        Processes that train together write one checkpoint: each its random state, the first all else.
        """
        self._sweep_first()
        full: list[Exception] = []
        try:
            with _noting(full):
                yield
            if not distributed.any_of(bool(full)) and distributed.rank() == 0:
                with _noting(full):
                    self.commit(step)
            if full:
                _log.warning("The disk is full: no checkpoint of step %s, training goes on.", step)
        finally:
            if distributed.rank() == 0:
                self.sweep()

    def _sweep_first(self) -> None:
        """Before any process writes, the first one sweeps."""
        if distributed.rank() == 0:
            self.sweep()
        distributed.any_of(False)

    def _all(self) -> list[Path]:
        """Newest first; names that are no step are not ours."""
        found = [path for path in self.folder.glob(f"{_PREFIX}*") if _step(path) is not None]
        return sorted(found, key=lambda path: _step(path) or 0, reverse=True)

    def _prune(self) -> None:
        for path in list(filter(self._is_verified, self._all()))[self._keep :]:
            self._remove(path)

    def _is_verified(self, path: Path) -> bool:
        if path in self._verified:
            return True
        try:
            verify(path)
        except BrokenCheckpoint:
            return False
        self._verified.add(path)
        return True

    def _set_aside(self, path: Path) -> None:
        aside = path.with_name(f"{path.name}.broken")
        if aside.exists():
            self._remove(aside)
        self._disk.rename(path, aside)
        self._disk.sync(self.folder)

    def _remove(self, path: Path) -> None:
        """Rename first: a deletion that is cut short must not leave what looks like a checkpoint."""
        removing = _removing(path)
        if removing.exists():
            self._disk.remove(removing)
        self._disk.rename(path, removing)
        self._disk.remove(removing)


def verify(path: Path) -> int:
    """The step of the checkpoint at `path`. Raises BrokenCheckpoint saying what is wrong with it."""
    text = _text(path / MANIFEST)
    if text is None:
        raise BrokenCheckpoint(f"{MANIFEST} is missing or unreadable")
    present = sorted(
        each for each in path.rglob("*") if each.is_file() and each != path / MANIFEST
    )
    try:
        listed = json.loads(text)
        version, step, files = listed["format"], listed["step"], dict(listed["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenCheckpoint(f"{MANIFEST} is not a manifest") from error
    if version != FORMAT or step != _step(path):
        raise BrokenCheckpoint(f"{MANIFEST} is of format {version!r} and step {step!r}")
    for name in {*files, *(each.relative_to(path).as_posix() for each in present)}:
        _verify_file(path / name, files.get(name))
    if text != _manifest(path, present, step):
        raise BrokenCheckpoint(f"{MANIFEST} has changed since it was written")
    return int(step)


def safe(trainer_class: Any, checkpoints: Checkpoints | None) -> Any:
    """`trainer_class`, of transformers or TRL, saving into `checkpoints` and stopping when they ask it to.

    Without checkpoints the class as it is. When it saves stays the trainer's own decision (`save_strategy`).
    """
    return trainer_class if checkpoints is None else _safe(trainer_class, checkpoints)


def _safe(trainer_class: Any, checkpoints: Checkpoints) -> Any:
    class Safe(trainer_class):  # type: ignore[misc]  # the class is known only at run time
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.add_callback(_stopper(checkpoints))

        def _get_output_dir(self, trial: Any = None) -> str:
            return str(checkpoints.staging)

        def _save_checkpoint(self, model: Any, trial: Any) -> None:
            with checkpoints.saving(self.state.global_step):
                super()._save_checkpoint(model, trial)

        def create_model_card(self, *arguments: Any, **options: Any) -> None:
            """Nothing: TRL would write a card beside each checkpoint."""

    return Safe


def _stopper(checkpoints: Checkpoints) -> Any:
    """A callback that ends training after the step in which a stop was asked for, with a checkpoint."""
    from transformers import TrainerCallback

    class Stopper(TrainerCallback):  # type: ignore[misc]  # transformers ships no types we follow
        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            checkpoints.resumed_from_step = state.global_step or None
            checkpoints.is_training = True
            if checkpoints.resumed_from_step:
                _log.info("Training goes on from the checkpoint of step %s.", state.global_step)

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
            checkpoints.step = state.global_step
            checkpoints.stop_asked = distributed.from_first(checkpoints.stop_asked)
            if checkpoints.stop_asked:
                # Logged too, because methods report the last loss they find in the log.
                control.should_log = control.should_save = control.should_training_stop = True
            return control

        def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            checkpoints.is_training = False

    return Stopper()


@contextmanager
def _noting(full: list[Exception]) -> Iterator[None]:
    """Put the error of a full disk into `full`."""
    try:
        yield
    except Exception as error:
        if not is_disk_full(error):
            raise
        full.append(error)


def _manifest(path: Path, files: list[Path], step: int) -> str:
    listed = {
        each.relative_to(path).as_posix(): {
            "sha256": _sha256(each),
            "size_bytes": each.stat().st_size,
        }
        for each in files
    }
    return json.dumps({"format": FORMAT, "step": step, "files": listed}, sort_keys=True, indent=1)


def _verify_file(path: Path, listed: Any) -> None:
    if listed is None:
        raise BrokenCheckpoint(f"{path.name} is not in {MANIFEST}")
    if not path.is_file():
        raise BrokenCheckpoint(f"{path.name} is missing")
    size_bytes = path.stat().st_size
    if not isinstance(listed, dict) or size_bytes != listed.get("size_bytes"):
        raise BrokenCheckpoint(f"{path.name} has {size_bytes} bytes, not those of {MANIFEST}")
    if _sha256(path) != listed.get("sha256"):
        raise BrokenCheckpoint(f"{path.name} has changed since it was written")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _removing(path: Path) -> Path:
    return path.with_name(f"{_REMOVING}{path.name}")


def _folders(path: Path) -> list[Path]:
    return [each for each in path.rglob("*") if each.is_dir()]


def _step(path: Path) -> int | None:
    number = path.name.removeprefix(_PREFIX)
    return int(number) if number.isascii() and number.isdigit() else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
