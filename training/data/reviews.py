"""Writes opinions of known polarity: plain, negated, contrasted and conceded."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from training.data.lexicon import BLAME, JOYS, PRAISE, WOES, Domain

# How often each form is used; most opinions are plain, as in real reviews.
PLAIN = {"plain": 12, "double": 8, "whole": 9, "noun": 8, "phrase": 10, "found": 7}
NEGATED = {"not": 8, "hardly": 4, "nothing": 4, "nobody": 3}
CONTRASTED = {"but": 9, "could": 5}
CONCEDED = {"although": 7, "despite": 6}
EVERY_FORM = PLAIN | NEGATED | CONTRASTED | CONCEDED

_STRONG = ("very", "truly", "deeply", "really", "remarkably", "utterly", "quite", "so")
_DENIALS = ("is not", "is never", "is far from", "is anything but", "is by no means")
_SCARCE = ("is hardly", "is barely", "is seldom", "rarely feels", "never becomes")


def vocabulary(percent: int, offset: int) -> Callable[[str], bool]:
    """A fixed part of all words, the same on every machine and in every run."""
    return lambda word: (zlib.crc32(word.encode()) + offset) % 100 < percent


@dataclass(frozen=True)
class Author:
    """Someone who writes on a domain with the words and the sentence forms that they know."""

    domain: Domain
    rng: Random
    forms: Mapping[str, int] = field(default_factory=EVERY_FORM.copy)
    knows: Callable[[str], bool] = lambda word: True

    def opinion(self, good: bool) -> str:
        """One lower-case sentence, spaced like SST-2, whose overall polarity is `good`."""
        (form,) = self.rng.choices(list(self.forms), weights=list(self.forms.values()))
        text: str = getattr(self, f"_{form}")(good)
        if self.rng.random() < 0.3:
            text = self._with_aside(text)
        return f"{text} {self.rng.choice('..!')}"

    def _pick(self, words: Sequence[str]) -> str:
        known = [word for word in words if self.knows(word)]
        return self.rng.choice(known or words)

    def _word(self, good: bool) -> str:
        return self._pick(PRAISE if good else BLAME)

    def _thing(self) -> str:
        return self.rng.choice([*self.domain.things, f"the {self.rng.choice(self.domain.wholes)}"])

    def _strong(self) -> str:
        return f"{self.rng.choice(_STRONG)} " if self.rng.random() < 0.4 else ""

    def _with_aside(self, text: str) -> str:
        aside = self.rng.choice(self.domain.asides)
        return f"{aside} , {text}" if self.rng.random() < 0.5 else f"{text} {aside}"

    def _clause(self, good: bool) -> str:
        if self.rng.random() < 0.25:
            return self._phrase(good)
        return self._plain(good)

    def _plain(self, good: bool) -> str:
        return f"{self._thing()} is {self._strong()}{self._word(good)}"

    def _double(self, good: bool) -> str:
        return f"{self._thing()} is {self._word(good)} and {self._strong()}{self._word(good)}"

    def _whole(self, good: bool) -> str:
        return f"a {self._strong()}{self._word(good)} , {self._word(good)} {self.rng.choice(self.domain.wholes)}"

    def _noun(self, good: bool) -> str:
        return f"{self._thing()} is a {self._strong()}{self._word(good)} {self._pick(JOYS if good else WOES)}"

    def _phrase(self, good: bool) -> str:
        return f"{self._thing()} {self._pick(self.domain.praise if good else self.domain.blame)}"

    def _found(self, good: bool) -> str:
        return f"i found {self._thing()} {self._strong()}{self._word(good)}"

    def _not(self, good: bool) -> str:
        return f"{self._thing()} {self.rng.choice(_DENIALS)} {self._word(not good)}"

    def _hardly(self, good: bool) -> str:
        return f"{self._thing()} {self.rng.choice(_SCARCE)} {self._word(not good)}"

    def _nothing(self, good: bool) -> str:
        return f"there is nothing {self._word(not good)} about {self._thing()}"

    def _nobody(self, good: bool) -> str:
        return (
            f"nobody would call {self._thing()} {self._word(not good)} or {self._word(not good)}"
        )

    def _but(self, good: bool) -> str:
        return f"{self._clause(not good)} , {self.rng.choice(('but', 'yet'))} {self._clause(good)}"

    def _could(self, good: bool) -> str:
        whole = self.rng.choice(self.domain.wholes)
        return f"what could have been a {self._word(not good)} {whole} turns out {self._strong()}{self._word(good)}"

    def _although(self, good: bool) -> str:
        return f"{self.rng.choice(('although', 'even though', 'while'))} {self._clause(not good)} , {self._clause(good)}"

    def _despite(self, good: bool) -> str:
        return f"{self._clause(good)} , despite {self._thing()} being {self._word(not good)}"
