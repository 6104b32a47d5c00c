"""Operator `embed`."""

from collections.abc import Iterable, Iterator

from pydantic import Field

from training import extensions
from training.data.catalogue import Row
from training.data.reserved import EMBEDDING
from training.operators import Operator


class Embed(Operator):
    """Gives each row the column `embedding`: its text as a vector of length 1, float32.

    Without `model` the run's base model makes it: the mean of the last hidden states over the text's tokens,
    padding left out. Vectors are kept by model and text in the cache; a step that rewrites the text takes the column off.
    """

    class Params(extensions.Params):
        model: str | None = Field(default=None, min_length=1, max_length=1_000)
        """Folder of a sentence-transformers model on this machine, which needs the extra `embeddings`; null for the base model."""

    _dimensions = 0

    @property
    def note(self) -> str:
        """Whose vectors, and how long."""
        return f"{self._dimensions} dimensions by {self.params.model or 'the base model'}"

    def outside(self) -> Iterable[str]:
        """The model that embeds."""
        yield self.oracle.embedder_hash(self.params.model, field=f"{self.around.field}.model")

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        everything = list(rows)
        vectors = self.oracle.embeddings(
            [self.text(row) for row in everything],
            model=self.params.model,
            field=f"{self.around.field}.model",
        )
        self._dimensions = vectors.shape[1]
        for row, vector in zip(everything, vectors, strict=True):
            yield {**row, EMBEDDING: vector.tolist()}
