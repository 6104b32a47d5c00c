"""FT-Bench mini for SST-2: generated film opinions, and data sources that are good, bad and forbidden."""

from collections.abc import Iterator, Sequence
from functools import cache
from random import Random
from typing import Any

from training.data.catalogue import Edition, Row, Source
from training.data.lexicon import FILM, GADGET, TABLE, Domain
from training.data.reviews import CONTRASTED, NEGATED, PLAIN, Author, vocabulary
from training.ftbench.mini import sources
from training.ftbench.mini.sources import Pen, source

_SIMPLE = PLAIN | {"not": 8, "nothing": 4, "but": 9}
_UNCONCEDED = PLAIN | NEGATED | CONTRASTED


@cache
def edition(seed: int) -> Edition:
    """Sources, 200 validation and 200 test rows; no fair source holds an evaluation sentence."""
    evaluation = list(_Pen(seed, "evaluation", ()).rows(400))
    makers = (_clean, _noisy, _off_domain, _duplicated, _restricted, _overlapping)
    return sources.edition([make(seed, evaluation) for make in makers], evaluation, validation=200)


class _Pen:
    """Writes labelled rows."""

    def __init__(self, seed: int, purpose: str, taken: Sequence[Row], **author: Any) -> None:
        self._pen = Pen("sst2", seed, purpose, text=_text).avoid(taken)
        self.rng = self._pen.rng
        self._author = Author(**{"domain": FILM, "rng": self.rng, **author})

    def rows(self, count: int, *, positive: float = 0.5) -> Iterator[dict[str, Any]]:
        """`count` rows, of which a share of `positive` praises."""

        def write(draw: Random) -> dict[str, Any]:
            good = draw.random() < positive
            return {"label": int(good), "sentence": self._author.opinion(good)}

        return self._pen.rows(count, write)


def _text(row: Row) -> str:
    return str(row["sentence"])


def _clean(seed: int, taken: Sequence[Row]) -> Source:
    pen = _Pen(seed, "clean", taken, forms=_SIMPLE, knows=vocabulary(55, 0))
    note = "Careful labels, but few rows, half of the vocabulary and simple sentences"
    return source("clean", "Editors' film notes", note, pen.rows(300))


def _noisy(seed: int, taken: Sequence[Row]) -> Source:
    pen = _Pen(seed, "noisy", taken)
    rows = [_flip(row, pen.rng, share=0.3) for row in pen.rows(1080)]
    rows += pen.rng.choices(rows, k=120)
    note = "Wide vocabulary and every kind of sentence; about three labels in ten are wrong, some rows repeat"
    return source("noisy", "Crowd film labels", note, rows)


def _flip(row: dict[str, Any], draw: Random, *, share: float) -> dict[str, Any]:
    return {**row, "label": 1 - row["label"]} if draw.random() < share else row


def _off_domain(seed: int, taken: Sequence[Row]) -> Source:
    rows = [row for domain in (TABLE, GADGET) for row in _elsewhere(seed, taken, domain)]
    note = (
        "Right labels for restaurants and gadgets; shares part of the vocabulary with film reviews"
    )
    return source("off_domain", "Restaurant and gadget opinions", note, rows)


def _elsewhere(seed: int, taken: Sequence[Row], domain: Domain) -> Iterator[Row]:
    forms, knows = _UNCONCEDED, vocabulary(70, 40)
    return _Pen(seed, domain.wholes[0], taken, domain=domain, forms=forms, knows=knows).rows(250)


def _duplicated(seed: int, taken: Sequence[Row]) -> Source:
    pen = _Pen(seed, "duplicated", taken, knows=vocabulary(40, 20))
    rows = pen.rng.choices(list(pen.rows(50, positive=0.85)), k=600)
    note = "Fifty sentences many times over, most of them praise"
    return source("duplicated", "Scraped film blurbs", note, rows)


def _restricted(seed: int, taken: Sequence[Row]) -> Source:
    rows = _Pen(seed, "restricted", taken).rows(600)
    note = "Good rows, but their licence keeps them for evaluation"
    return source("restricted", "Critics' archive", note, rows)


def _overlapping(seed: int, evaluation: Sequence[Row]) -> Source:
    pen = _Pen(seed, "overlapping", evaluation)
    leaked = [
        {**row, "sentence": _disguise(row["sentence"], pen.rng)}
        for row in pen.rng.sample(evaluation, 160)
    ]
    rows = [*leaked, *pen.rows(160)]
    pen.rng.shuffle(rows)
    note = "Right labels, collected after the benchmark was published"
    return source("overlapping", "Film forum posts", note, rows)


def _disguise(sentence: str, draw: Random) -> str:
    plain = sentence.rstrip(" .!")
    return draw.choice(
        (sentence, plain.capitalize() + "!", f"{plain} ...", plain.replace(" , ", ", "))
    )
