"""What data operators may ask of models; whoever runs the operators brings the models."""

from collections.abc import Sequence
from typing import Any, Protocol

Messages = list[dict[str, str]]


class Oracle(Protocol):
    """The same answers to the same questions; a hash tells when a model that answers is another one."""

    def node_hash(self, node: int, *, field: str) -> str:
        """Of the model that node number `node` of the project has trained. Raises RecipeError with `field`."""
        ...

    def node_answers(
        self, node: int, prompts: Sequence[Messages], *, max_new_tokens: int, field: str
    ) -> list[str]:
        """What that model writes, greedily, after each prompt. Raises RecipeError with `field`, ModelUnusable."""
        ...

    def base_hash(self) -> str:
        """Of the run's base model."""
        ...

    def base_losses(self, prompts: Sequence[Messages], answers: Sequence[str]) -> list[float]:
        """Mean loss of the base model on the tokens of each answer after its prompt, in nats. Raises ModelUnusable."""
        ...

    def embedder_hash(self, model: str | None, *, field: str) -> str:
        """Of the model that embeds: the one named, or the base model. Raises RecipeError with `field`."""
        ...

    def embeddings(self, texts: Sequence[str], *, model: str | None, field: str) -> Any:
        """(texts, dimensions) float32, each row of length 1, or 0 for a text without a token.

        model: a sentence-transformers model on this machine; None for the base model. Raises RecipeError with
        `field`, ModelUnusable.
        """
        ...
