"""Finds a base model on this machine; knows nothing of torch, so that a web form can ask."""

import hashlib
import os
import re
from pathlib import Path

from training.errors import ModelNotFound, RecipeError

BUNDLED = Path(__file__).parent.parent / "models"
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def resolve(base_model: str) -> Path:
    """The folder of `base_model`: a bundled name, a folder, or a hub id in the local cache.

    Raises ModelNotFound with the value and what would be right.
    """
    for found in (BUNDLED / base_model, Path(base_model).expanduser(), _cached(base_model)):
        if base_model.strip() and found and (found / "config.json").is_file():
            return found.resolve()
    raise ModelNotFound(
        f"base_model={base_model!r} is neither bundled ({', '.join(bundled())}), nor a folder with a config.json, "
        "nor a hub id (owner/name) in the local cache"
    )


def resolve_named(model: str, *, field: str) -> Path:
    """The folder of a model that a recipe names beside its base. Raises RecipeError with `field`."""
    try:
        return resolve(model)
    except ModelNotFound as error:
        reason = (
            "is no bundled model, no folder with a config.json, and no hub id in the local cache"
        )
        raise RecipeError(field, model, reason) from error


def bundled() -> tuple[str, ...]:
    """Names of the models that ship with the project."""
    return tuple(sorted(path.parent.name for path in BUNDLED.glob("*/config.json")))


def content_hash(model: Path) -> str:
    """SHA-256 over names and bytes of the files that decide what the model computes."""
    digest = hashlib.sha256()
    for path in sorted(model.iterdir()):
        if path.suffix in {".json", ".safetensors", ".jinja", ".model", ".txt"}:
            with path.open("rb") as file:
                inner = hashlib.file_digest(file, "sha256").hexdigest()
            digest.update(f"{path.name}\0{inner}\n".encode())
    return digest.hexdigest()


def deep_hash(model: Path) -> str:
    """As `content_hash`, and of the folders in it: sentence-transformers keeps its parts there."""
    inner = sorted(path for path in model.iterdir() if path.is_dir())
    digest = hashlib.sha256(content_hash(model).encode())
    for part in inner:
        digest.update(f"{part.name}\0{content_hash(part)}\n".encode())
    return digest.hexdigest()


def _cached(hub_id: str) -> Path | None:
    """The newest snapshot in the hub cache; the layout is that of huggingface_hub."""
    if not _HUB_ID.fullmatch(hub_id):
        return None
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    cache = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
    repository = cache / f"models--{hub_id.replace('/', '--')}"
    reference = repository / "refs" / "main"
    if not reference.is_file():
        return None
    return repository / "snapshots" / reference.read_text("utf-8").strip()
