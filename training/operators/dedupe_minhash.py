"""Operator `dedupe_minhash`."""

from collections.abc import Iterable, Iterator

from pydantic import Field

from training import extensions
from training.data.catalogue import Row
from training.data.decontamination import normalise
from training.operators import Operator


class DedupeMinhash(Operator):
    """Keeps the first of rows whose texts share most word n-grams, found by MinHash (Broder, 1997) with datasketch."""

    class Params(extensions.Params):
        threshold: float = Field(default=0.8, ge=0.1, le=1)
        """Jaccard similarity of two texts' n-grams from which on they count as one; an estimate."""
        num_perm: int = Field(default=128, ge=16, le=1_024)
        """Hash functions; more estimate better and take longer."""
        ngram: int = Field(default=3, ge=1, le=20)
        """Words in an n-gram; a shorter text is one n-gram."""

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        from datasketch import MinHash, MinHashLSH

        threshold, num_perm = self.params.threshold, self.params.num_perm
        index = MinHashLSH(threshold=threshold, num_perm=num_perm)
        kept: list[MinHash] = []
        for row in rows:
            signature = MinHash(num_perm=num_perm)
            signature.update_batch(self._grams(self.text(row)))
            near = (kept[place] for place in index.query(signature))
            if any(signature.jaccard(other) >= threshold for other in near):
                self.drop(row, "near duplicate")
            else:
                index.insert(len(kept), signature)
                kept.append(signature)
                yield row

    def _grams(self, text: str) -> list[bytes]:
        words, size = normalise(text), self.params.ngram
        starts = range(max(1, len(words) - size + 1))
        return sorted({" ".join(words[at : at + size]).encode() for at in starts})
