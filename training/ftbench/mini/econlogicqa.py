"""FT-Bench mini for EconLogicQA: four generated events; words such as `then`, weeks or months tell their order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from training.data.catalogue import Edition, Row, Source
from training.ftbench.mini import sources
from training.ftbench.mini.sources import Pen, source


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_LETTERS = ("A", "B", "C", "D")
_ORDERS = tuple(_LETTERS[start:] + _LETTERS[:start] for start in range(len(_LETTERS)))
"""Four of the twenty-four: the letters go round, so that the place of one event tells all four."""
_CUES = (
    ("first", "at first", "to begin with"),
    ("then", "second", "next"),
    ("later", "third", "after a while"),
    ("last", "finally", "in the end"),
)
"""For each place in the order, what may say so."""
_WEEKS = _words("one two three four five six seven eight nine ten eleven twelve")
_MONTHS = _words(
    "january february march april may june july august september october november december"
)


@dataclass(frozen=True)
class _World:
    """What events are about."""

    trades: Sequence[str]
    things: Sequence[str]
    fates: Sequence[str]


_ECONOMY = _World(
    trades=_words("steel coffee house car farm oil train bank food cotton boat stone"),
    things=_words(
        "rents prices loans taxes shares bonds rates debts sales costs orders stocks banks shops farms ports mines "
        "jobs fees grants wages goods homes cars trains boats"
    ),
    fates=_words("rise fall grow shrink stall double close open move drop slow split fail return"),
)
_KITCHEN = _World(
    trades=_words("soup bread curry pasta cake stew pie salad"),
    things=_words(
        "onions beans eggs apples noodles herbs carrots peas nuts plums seeds leaves roots pears figs limes"
    ),
    fates=_words("boil cool soak brown rest simmer bake dry steam melt chill roast"),
)


@dataclass(frozen=True)
class _Teller:
    """Someone who tells of four events, with the first `cues` of each place's words."""

    world: _World = _ECONOMY
    cues: int = 3
    dated: float = 0.2
    """Share of rows told by weeks or months."""
    closing: float = 0.1
    """Share of events that close with the word of their place, instead of beginning with it."""

    def row(self, draw: Random) -> dict[str, Any]:
        """Four events under letters in one of the orders, and the letters in the order of the events."""
        order = draw.choice(_ORDERS)
        events = dict(zip(order, self._events(draw), strict=True))
        asked = f"Order the {draw.choice(self.world.trades)} events."
        return {
            "Question": asked,
            **{letter: events[letter] for letter in _LETTERS},
            "Answer": ", ".join(order),
        }

    def _events(self, draw: Random) -> list[str]:
        things = draw.sample(self.world.things, len(_LETTERS))
        clauses = [f"{thing} {draw.choice(self.world.fates)}" for thing in things]
        return [
            f"{clause} {place}" if draw.random() < self.closing else f"{place} {clause}"
            for place, clause in zip(self._places(draw), clauses, strict=True)
        ]

    def _places(self, draw: Random) -> list[str]:
        """Four texts of which each says that it comes after the one before."""
        if draw.random() >= self.dated:
            return [draw.choice(words[: self.cues]) for words in _CUES]
        names, form = draw.choice(((_WEEKS, "in week {}"), (_MONTHS, "in {}")))
        return [form.format(names[at]) for at in sorted(draw.sample(range(12), len(_LETTERS)))]


@cache
def edition(seed: int) -> Edition:
    """Sources, 200 validation and 200 test rows; no fair source holds an evaluation row."""
    evaluation = list(_rows(seed, "evaluation", 400, _Teller(), taken=()))
    makers = (_clean, _noisy, _off_domain, _duplicated, _restricted, _overlapping)
    return sources.edition([make(seed, evaluation) for make in makers], evaluation, validation=200)


def _rows(
    seed: int, purpose: str, count: int, teller: _Teller, *, taken: Sequence[Row]
) -> Iterator[dict[str, Any]]:
    return _pen(seed, purpose, taken).rows(count, teller.row)


def _pen(seed: int, purpose: str, taken: Sequence[Row]) -> Pen:
    return Pen("econlogicqa", seed, purpose, text=_text).avoid(taken)


def _text(row: Row) -> str:
    return " ".join(row[column] for column in ("Question", *_LETTERS))


def _clean(seed: int, taken: Sequence[Row]) -> Source:
    teller = _Teller(cues=1, dated=0.0, closing=0.0)
    note = "Right orders, but few rows, no dates, and few of the words that tell an order"
    rows = _rows(seed, "clean", 300, teller, taken=taken)
    return source("clean", "Lecturers' exercises", note, rows)


def _noisy(seed: int, taken: Sequence[Row]) -> Source:
    pen = _pen(seed, "noisy", taken)
    rows = [_swapped(row, pen.rng, share=0.4) for row in pen.rows(1080, _Teller().row)]
    rows += pen.rng.choices(rows, k=120)
    note = "Every way to tell an order; in about four rows of ten two events are swapped, some rows repeat"
    return source("noisy", "Crowd orders", note, rows)


def _swapped(row: dict[str, Any], draw: Random, *, share: float) -> dict[str, Any]:
    """The row, or in a share of cases with two of its letters in each other's place."""
    if draw.random() >= share:
        return row
    order = row["Answer"].split(", ")
    one, other = draw.sample(range(len(order)), 2)
    order[one], order[other] = order[other], order[one]
    return {**row, "Answer": ", ".join(order)}


def _off_domain(seed: int, taken: Sequence[Row]) -> Source:
    teller = _Teller(world=_KITCHEN, dated=0.1)
    note = "Right orders of steps in a kitchen, told in the same words, seldom by dates"
    rows = _rows(seed, "off_domain", 600, teller, taken=taken)
    return source("off_domain", "Cooking steps", note, rows)


def _duplicated(seed: int, taken: Sequence[Row]) -> Source:
    pen = _pen(seed, "duplicated", taken)
    rows = pen.rng.choices(list(pen.rows(30, _Teller(cues=2).row)), k=600)
    note = "Thirty right rows many times over"
    return source("duplicated", "Scraped worksheets", note, rows)


def _restricted(seed: int, taken: Sequence[Row]) -> Source:
    rows = _rows(seed, "restricted", 600, _Teller(), taken=taken)
    note = "Good rows, but their licence keeps them for evaluation"
    return source("restricted", "Examination archive", note, rows)


def _overlapping(seed: int, evaluation: Sequence[Row]) -> Source:
    pen = _pen(seed, "overlapping", evaluation)
    leaked = [_disguised(row, pen.rng) for row in pen.rng.sample(evaluation, 160)]
    rows = [*leaked, *pen.rows(160, _Teller().row)]
    pen.rng.shuffle(rows)
    note = "Right orders of every kind, collected after the benchmark was published"
    return source("overlapping", "Forum puzzles", note, rows)


def _disguised(row: Row, draw: Random) -> dict[str, Any]:
    """The same events with other punctuation or capitals."""
    style = draw.choice((str.capitalize, str.upper, "{}.".format, "{} ...".format))
    return {**row, **{letter: style(row[letter]) for letter in _LETTERS}}
