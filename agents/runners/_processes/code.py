"""The code that a training process runs: where it lies, and whether it has changed."""

import importlib.util
from pathlib import Path

from agents.errors import RunnerError

LIBRARIES = ("torch", "transformers", "trl", "peft", "tokenizers", "accelerate", "datasets")
"""What a warm parent imports; their installed versions are part of the code's state."""


def state() -> int:
    """A number that changes when a file of the training package or a library's version does; takes about a millisecond."""
    seen = [*sorted(package().rglob("*.py")), *_installed()]
    return hash(tuple((str(path), path.stat().st_mtime_ns) for path in seen))


def _installed() -> list[Path]:
    """The folders that name the libraries' versions; an installer makes them anew."""
    folders = {_folder(name) for name in LIBRARIES} - {None}
    names = [
        path
        for folder in folders
        if folder
        for path in folder.iterdir()
        if _is_metadata(path.name)
    ]
    return sorted(names)


def _folder(library: str) -> Path | None:
    """Where the library is installed, without importing it; None where it is not."""
    spec = importlib.util.find_spec(library)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent.parent


def _is_metadata(name: str) -> bool:
    return name.endswith(".dist-info") and name.partition("-")[0] in LIBRARIES


def project_root() -> str:
    """The folder from which a process imports the package."""
    return str(package().parent)


def package() -> Path:
    """The folder of the training package. Raises RunnerError."""
    spec = importlib.util.find_spec("training")
    if spec is None or spec.origin is None:
        raise RunnerError("the package `training` cannot be found; is TREX Explorer installed?")
    return Path(spec.origin).parent
