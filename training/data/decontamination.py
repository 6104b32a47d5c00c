"""Finds training rows that overlap evaluation rows: equal after normalising, or sharing most n-grams."""

import re
from collections.abc import Iterable, Iterator

NGRAM = 6
SHARE = 0.6
_WORD = re.compile(r"\w+", re.UNICODE)


def normalise(text: str) -> tuple[str, ...]:
    """Words of `text`, case folded, without punctuation or spacing."""
    return tuple(_WORD.findall(text.casefold()))


class Guard:
    """Knows the evaluation texts; holds only hashes, so a sealed split stays unread by those who use it."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._whole: set[int] = set()
        self._grams: set[int] = set()
        for words in map(normalise, texts):
            self._whole.add(hash(words))
            self._grams.update(_grams(words))

    def overlaps(self, text: str) -> bool:
        """Whether `text` equals an evaluation text, or at least 60 % of its word 6-grams occur in them."""
        words = normalise(text)
        if hash(words) in self._whole:
            return True
        grams = list(_grams(words))
        return bool(grams) and sum(gram in self._grams for gram in grams) >= SHARE * len(grams)


def _grams(words: tuple[str, ...]) -> Iterator[int]:
    return (hash(words[at : at + NGRAM]) for at in range(len(words) - NGRAM + 1))
