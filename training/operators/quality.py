"""Operator `quality`."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from pydantic import Field

from training import extensions
from training.data.catalogue import Row
from training.operators import Operator

_WORD = re.compile(r"\w+", re.UNICODE)
_SYMBOL = re.compile(r"[#@~^*_=|<>{}\\\[\]]|\.\.\.|…")


class Quality(Operator):
    """Drops rows that look like anything but prose, by named rules after Gopher (arXiv:2112.11446, A1.1); bounds are ours for short texts."""

    class Params(extensions.Params):
        min_mean_word_length: float | None = Field(default=2.0, ge=0, le=100)
        """Rule `short_words`: least mean length of words, in characters; null switches off."""
        max_mean_word_length: float | None = Field(default=12.0, ge=0, le=1_000)
        """Rule `long_words`: largest mean length of words, in characters; null switches off."""
        max_symbol_ratio: float | None = Field(default=0.2, ge=0, le=10)
        """Rule `symbols`: most symbols such as # @ { or … for each word; null switches off."""
        max_repeated_share: float | None = Field(default=0.5, ge=0, le=1)
        """Rule `repetition`: largest share of words that the most frequent word may have, in texts of 6 words and more; null switches off."""
        max_digit_share: float | None = Field(default=0.5, ge=0, le=1)
        """Rule `digits`: largest share of characters, without spaces, that are digits; null switches off."""
        max_upper_share: float | None = Field(default=0.7, ge=0, le=1)
        """Rule `capitals`: largest share of letters in upper case, in texts of 20 letters and more; null switches off."""

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            broken = self._broken(self.text(row))
            if broken:
                self.drop(row, broken)
            else:
                yield row

    def _broken(self, text: str) -> str:
        """The first rule that `text` breaks; empty when it keeps all."""
        words = _WORD.findall(text)
        if not words:
            return "no_words"
        length, params = sum(map(len, words)) / len(words), self.params
        bounds = {
            "short_words": (params.min_mean_word_length, -length),
            "long_words": (params.max_mean_word_length, length),
            "symbols": (params.max_symbol_ratio, len(_SYMBOL.findall(text)) / len(words)),
            "repetition": (params.max_repeated_share, _repeated(words)),
            "digits": (params.max_digit_share, _share(str.isdigit, "".join(text.split()))),
            "capitals": (params.max_upper_share, _capitals(text)),
        }
        for rule, (bound, value) in bounds.items():
            if bound is not None and value > (-bound if rule == "short_words" else bound):
                return rule
        return ""


def _repeated(words: list[str]) -> float:
    if len(words) < 6:
        return 0.0
    (_, count), *_ = Counter(map(str.casefold, words)).most_common(1)
    return count / len(words)


def _capitals(text: str) -> float:
    letters = "".join(filter(str.isalpha, text))
    return _share(str.isupper, letters) if len(letters) >= 20 else 0.0


def _share(is_one: Callable[[str], bool], characters: str) -> float:
    return sum(map(is_one, characters)) / max(1, len(characters))
