"""Operator `dedupe_semantic`."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import Field

from training import extensions
from training.data import similarity
from training.data.catalogue import Row
from training.data.reserved import EMBEDDING
from training.operators import Operator


class DedupeSemantic(Operator):
    """Drops rows that mean the same as an earlier row that stays: those whose embeddings have a cosine similarity of `threshold` or more.

    Every pair is compared. Vectors are the rows' `embedding` where all rows have one, else those that `embed` makes with the base model.
    """

    class Params(extensions.Params):
        threshold: float = Field(default=0.95, gt=0, le=1)
        """Cosine similarity from which on two rows count as one; models differ in how close unlike texts come, so look at the samples."""

    _whose = "the base model"

    @property
    def note(self) -> str:
        """What was dropped, by whose embeddings."""
        return f"{self.drops}; embeddings of {self._whose}"

    def outside(self) -> Iterable[str]:
        """The base model, which embeds rows that come without."""
        yield self.oracle.base_hash()

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        everything = list(rows)
        kept = similarity.kept(self._vectors(everything), self.params.threshold)
        for row, stays in zip(everything, kept, strict=True):
            if stays:
                yield row
            else:
                self.drop(row, "means the same")

    def _vectors(self, rows: list[Row]) -> Any:
        import numpy

        if rows and all(EMBEDDING in row for row in rows):
            self._whose = "the rows"
            return numpy.asarray([row[EMBEDDING] for row in rows], dtype=numpy.float32)
        texts = [self.text(row) for row in rows]
        return self.oracle.embeddings(texts, model=None, field=self.around.field)
