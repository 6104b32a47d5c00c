"""Finds training rows that overlap evaluation rows: equal after normalising, sharing n-grams, or nearly the same."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

SHARES = {13: 0.0, 8: 0.5, 6: 0.6}
"""n: share of a text's word n-grams above or at which it overlaps; 0 means any. 13: GPT-3 (arXiv:2005.14165, C); 8 and 6 are ours."""
SHINGLE = 3
"""Words in a shingle of the near-duplicate check."""
JACCARD = 0.7
"""Shared over all distinct shingles of two texts from which on they are nearly the same."""
PERMUTATIONS = 128
_WORD = re.compile(r"\w+", re.UNICODE)
_Words = tuple[str, ...]


def normalise(text: str) -> _Words:
    """Words of `text`, case folded, without punctuation or spacing."""
    return tuple(_WORD.findall(text.casefold()))


class Guard:
    """Knows the evaluation texts; holds only hashes, so a sealed split stays unread by those who use it."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._whole: set[int] = set()
        self._grams: dict[int, set[int]] = {size: set() for size in SHARES}
        self._shingles: list[frozenset[bytes]] = []
        self._known: set[bytes] = set()
        for words in map(normalise, texts):
            self._whole.add(hash(words))
            self._shingles.append(_shingles(words))
            self._known |= self._shingles[-1]
            for size, grams in self._grams.items():
                grams.update(_grams(words, size))

    def overlaps(self, text: str) -> bool:
        """Whether `text` overlaps an evaluation text in any of the ways of `reason`."""
        return bool(self.reason(text))

    def reason(self, text: str) -> str:
        """How `text` overlaps evaluation texts; empty when it does not.

        Equal words; any shared 13-gram; half of its 8-grams or 60 % of its 6-grams shared; or 70 % of all
        3-grams shared with one evaluation text (found by MinHash, confirmed exactly).
        """
        words = normalise(text)
        if hash(words) in self._whole:
            return "equal to an evaluation row"
        for size, share in SHARES.items():
            grams = list(_grams(words, size))
            shared = sum(gram in self._grams[size] for gram in grams)
            if shared and shared >= share * len(grams):
                return f"{size}-gram overlap with evaluation rows"
        return "near duplicate of an evaluation row (MinHash)" if self._is_near(words) else ""

    def _is_near(self, words: _Words) -> bool:
        mine = _shingles(words)
        # Nothing can share 70 % with one text that does not with all; this spares most rows the search.
        if not mine or len(mine & self._known) < JACCARD * len(mine):
            return False
        candidates = (self._shingles[at] for at in self._index.query(_signature(mine)))
        return any(len(mine & other) >= JACCARD * len(mine | other) for other in candidates)

    @cached_property
    def _index(self) -> Any:
        from datasketch import MinHashLSH

        # A lower threshold than asked finds nearly every pair; the exact share then decides.
        index = MinHashLSH(threshold=JACCARD - 0.1, num_perm=PERMUTATIONS)
        for place, shingles in enumerate(self._shingles):
            if shingles:
                index.insert(place, _signature(shingles))
        return index


def _grams(words: _Words, size: int) -> Iterator[int]:
    return (hash(words[at : at + size]) for at in range(len(words) - size + 1))


def _shingles(words: _Words) -> frozenset[bytes]:
    """Hashes that are the same in every process, for MinHash draws on them; none for shorter texts."""
    texts = (" ".join(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1))
    return frozenset(hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)


def _signature(shingles: frozenset[bytes]) -> Any:
    from datasketch import MinHash

    signature = MinHash(num_perm=PERMUTATIONS)
    signature.update_batch(list(shingles))
    return signature
