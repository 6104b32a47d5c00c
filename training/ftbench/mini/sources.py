"""What the generated editions have in common: distinct rows, and six kinds of data sources.

`clean` is careful but small, `noisy` large with wrong answers, `off_domain` right but of something else, `duplicated` few
rows many times over, `overlapping` has evaluation rows in disguise, and the licence of `restricted` forbids training.
"""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from training.data.catalogue import Edition, Row, Source
from training.data.decontamination import normalise
from training.data.seeds import rng

KINDS = ("clean", "noisy", "off_domain", "duplicated", "overlapping", "restricted")
LICENCE = "Same as the project (generated)"
FORBIDDEN = "Evaluation only, no training"
TRIES = 100
"""Rows drawn for each distinct one that is asked for, before there are taken to be no more."""
Text = Callable[[Row], str]
"""What the overlap guard compares of a row: the task's own `text`."""


class Pen:
    """Writes distinct rows, none of which has the text of one in `taken`; `rng` is its own, for one purpose."""

    def __init__(self, task: str, seed: int, purpose: str, *, text: Text) -> None:
        self.rng = rng(seed, task, purpose)
        self._text = text
        self._taken: set[tuple[str, ...]] = set()

    def avoid(self, rows: Sequence[Row]) -> "Pen":
        """The same pen, which will not write `rows`."""
        self._taken |= {normalise(self._text(row)) for row in rows}
        return self

    def rows(
        self, count: int, write: Callable[[Random], dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        """`count` distinct rows drawn by `write`. Raises ValueError where it cannot write as many."""
        for _ in range(TRIES * count):
            row = write(self.rng)
            key = normalise(self._text(row))
            if key not in self._taken:
                self._taken.add(key)
                count -= 1
                yield row
            if not count:
                return
        if count:
            raise ValueError(f"{count} of the distinct rows asked for cannot be written")


def source(name: str, title: str, note: str, rows: Any, *, language: str = "en") -> Source:
    """One source; `restricted` is the one that may not be trained on."""
    allowed = name != "restricted"
    licence = LICENCE if allowed else FORBIDDEN
    return Source(name, title, licence, allowed, language, note, tuple(rows))


def edition(
    sources: Sequence[Source],
    evaluation: Sequence[Row],
    *,
    validation: int,
    max_new_tokens: int | None = None,
) -> Edition:
    """The first `validation` of the evaluation rows validate, the others are the sealed test.

    max_new_tokens: room for the longest answer in trex-tiny's tokens; None where the task's own bound is as short.
    """
    named = {each.name: each for each in sources}
    parts = tuple(evaluation[:validation]), tuple(evaluation[validation:])
    return Edition("mini", named, *parts, max_new_tokens)
