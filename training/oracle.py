"""The models that data operators ask: the base model and those of other nodes, one in memory at a time."""

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from training import loading, logs, memory, named_nodes
from training.data import models
from training.data.oracle import Messages
from training.data.vectors import Vectors
from training.evaluate import embeddings, sentences
from training.evaluate.decoding import Decoding
from training.evaluate.generation import generate
from training.evaluate.options import mean_losses
from training.methods import Emit
from training.recipe import RunSpec

_LIBRARIES = ("torch", "transformers", "tokenizers", "peft")


class LocalOracle:
    """Answers in this process, on the GPU where there is one; `release` frees the memory for training."""

    def __init__(self, spec: RunSpec, base: Path, emit: Emit) -> None:
        self._spec = spec
        self._base = base
        self._emit = emit
        self._loaded: tuple[Path | None, Any, Any] | None = None

    def release(self) -> None:
        """Forget the model that is in memory."""
        if self._loaded is not None:
            self._loaded = None
            memory.free()

    def node_hash(self, node: int, *, field: str) -> str:
        """Of the node's weights, the base's, and what computes with them. Raises RecipeError."""
        return _hash(self._node(node, field), self._base)

    def node_answers(
        self, node: int, prompts: Sequence[Messages], *, max_new_tokens: int, field: str
    ) -> list[str]:
        """Raises RecipeError, ModelUnusable."""
        folder = self._node(node, field)
        if not prompts:
            return []
        model, tokenizer = self._model(folder)
        decoding = Decoding(max_new_tokens=max_new_tokens)
        return generate(
            prompts, model=model, tokenizer=tokenizer, decoding=decoding, emit=self._tell
        )

    def base_hash(self) -> str:
        """Of the base's weights and what computes with them."""
        return _hash(self._base)

    def base_losses(self, prompts: Sequence[Messages], answers: Sequence[str]) -> list[float]:
        """Raises ModelUnusable."""
        if not prompts:
            return []
        model, tokenizer = self._model(None)
        return mean_losses(prompts, answers, model=model, tokenizer=tokenizer)

    def embedder_hash(self, model: str | None, *, field: str) -> str:
        """Raises RecipeError."""
        if model is None:
            return self.base_hash()
        return _hash(models.resolve_named(model, field=field), libraries=sentences.LIBRARIES)

    def embeddings(self, texts: Sequence[str], *, model: str | None, field: str) -> Any:
        """From the run's cache where it has them. Raises RecipeError, ModelUnusable."""
        folder = Path(self._spec.cache) / "embeddings" if self._spec.cache else None
        known = Vectors(folder, self.embedder_hash(model, field=field))
        return known.all(texts, lambda new: self._embed(new, model=model, field=field))

    def _embed(self, texts: Sequence[str], *, model: str | None, field: str) -> Any:
        if model is not None:
            self.release()
            return sentences.embed(
                texts, folder=models.resolve_named(model, field=field), field=field
            )
        base, tokenizer = self._model(None)
        return embeddings.embed(texts, model=base, tokenizer=tokenizer)

    def _node(self, node: int, field: str) -> Path:
        return named_nodes.folder(self._spec.nodes, node, field=field)

    def _model(self, trained: Path | None) -> tuple[Any, Any]:
        import torch

        if self._loaded is None or self._loaded[0] != trained:
            self.release()
            logs.quieten_libraries()
            torch.set_num_threads(self._spec.threads)
            self._loaded = (trained, *loading.load(self._base, trained))
        return self._loaded[1:]

    def _tell(self, kind: Any, **fields: Any) -> None:
        """What the evaluation would tell of itself happens here while rows are prepared."""
        self._emit(kind, **{**fields, "stage": "prepare"})


def _hash(*folders: Path, libraries: Sequence[str] = _LIBRARIES) -> str:
    """Over the models, the libraries that compute with them, and the kind of processor."""
    import torch

    parts = [*map(_folder_hash, folders), *(f"{name}=={_version(name)}" for name in libraries)]
    parts.append("cuda" if torch.cuda.is_available() else "cpu")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


_folder_hash = cache(models.deep_hash)
"""Read once in a run."""


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"
