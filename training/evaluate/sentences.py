"""Texts as vectors of a sentence-transformers model; needs the extra `embeddings`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.errors import ModelUnusable, RecipeError
from training.failures import is_out_of_memory

LIBRARIES = ("torch", "transformers", "tokenizers", "sentence-transformers")
"""What computes these vectors."""
_PICKLED = (".bin", ".pt", ".pth", ".pkl")


def embed(texts: Sequence[str], *, folder: Path, field: str) -> Any:
    """(texts, dimensions) float32 array, each row of length 1.

    Raises RecipeError with `field` where the library is missing, or where the folder has weights that are no
    safetensors; ModelUnusable where the model cannot be loaded.
    """
    model = _load(folder, field)
    found = model.encode(
        list(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
    )
    return found.astype("float32")


def _load(folder: Path, field: str) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        reason = "needs sentence-transformers, which the extra brings: pip install 'trex-explorer[embeddings]'"
        raise RecipeError(field, folder.name, reason) from error
    pickled = sorted(path.name for path in folder.rglob("*") if path.suffix in _PICKLED)
    if pickled:
        reason = f"has {pickled[0]}, which is no safetensors file and could run code"
        raise RecipeError(field, folder.name, reason)
    try:
        return SentenceTransformer(
            str(folder),
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True},
        )
    except Exception as error:
        # Several libraries read these files, and each has its own errors for the same broken folder.
        if is_out_of_memory(error):
            raise
        words = " ".join(str(error).split())
        reason = f"The model {folder.name} cannot be loaded ({type(error).__name__}): {words}"
        raise ModelUnusable(reason[:400]) from error
