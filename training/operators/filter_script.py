"""Operator `filter_script`."""

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

from pydantic import Field

from training import extensions
from training.data.catalogue import Row
from training.operators import Operator

_PREFIXES = {"chinese": ("CJK",), "japanese": ("CJK", "HIRAGANA", "KATAKANA")}


class FilterScript(Operator):
    """Keeps rows whose letters are mostly of one writing system; it tells scripts apart, not languages."""

    class Params(extensions.Params):
        script: Literal[
            "latin",
            "cyrillic",
            "greek",
            "arabic",
            "hebrew",
            "devanagari",
            "bengali",
            "tamil",
            "thai",
            "hangul",
            "chinese",
            "japanese",
        ] = "latin"
        """The writing system."""
        letters: float = Field(default=0.8, gt=0, le=1)
        """Least share of a text's letters that belong to it; a text without letters goes."""

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        prefixes = _PREFIXES.get(self.params.script, (self.params.script.upper(),))
        for row in rows:
            scripts = [_script(letter) for letter in self.text(row) if letter.isalpha()]
            mine = sum(script in prefixes for script in scripts)
            if scripts and mine >= self.params.letters * len(scripts):
                yield row
            else:
                self.drop(row, f"not {self.params.script}" if scripts else "no letters")


@lru_cache(maxsize=65_536)
def _script(letter: str) -> str:
    """First word of the character's Unicode name, which is its script; full-width letters are Latin."""
    first = unicodedata.name(letter, "").replace("-", " ").partition(" ")[0]
    return "LATIN" if first == "FULLWIDTH" else first
