"""FT-Bench mini for computer science: which of four terms is of a class, and whether two or three are.

The other terms of an easy question are everyday words; those of a hard one are of computer science too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from training.data.catalogue import Edition, Row, Source
from training.data.reviews import vocabulary
from training.ftbench.mini import flaws, sources
from training.ftbench.mini.sources import Pen, source

Classes = Mapping[str, tuple[str, ...]]
_LETTERS = "ABCD"
_TRUTH = ("False", "True")


def _listed(terms: str) -> tuple[str, ...]:
    return tuple(terms.split("|"))


def _split(**classes: str) -> dict[str, tuple[str, ...]]:
    return {name: _listed(terms) for name, terms in classes.items()}


COMPUTING = _split(
    structure="stack|queue|heap|array|graph|matrix|linked list",
    protocol="TCP|UDP|HTTP|FTP|DNS|SSH|ARP",
    device="router|switch|hub|bridge|modem|gateway|firewall",
    store="cache|RAM|ROM|flash|hard disk|tape|DRAM",
    lock="mutex|semaphore|spinlock|barrier|latch|monitor|futex",
    circuit="adder|decoder|register|counter|flip flop|gate|shifter",
)
"""Terms of computer science by class."""
ELSEWHERE = _split(
    fruit="pear|plum|lemon|cherry|fig|grape",
    beast="dog|cat|cow|pig|goat|duck",
    metal="iron|tin|zinc|lead|gold|silver",
    tree="oak|elm|ash|pine|birch|maple",
    city="Rome|Paris|Lima|Oslo|Cairo|Delhi",
)
EVERYDAY = _listed("red|blue|car|door|house|bird|apple|boat|shirt|stone|flower|lamp|horse|book")
"""Words of no class, which no answer is about."""

PLAIN = {"choice": 5, "pair": 5}
EVERY_FORM = PLAIN | {"triple": 2, "close_choice": 2, "close_pair": 1, "odd": 1, "neither": 1}
_PAIRS = (
    "{0} and {1} are {name}s.",
    "{0} is a {name}, as is {1}.",
    "These are {name}s: {0}, {1}.",
)


@dataclass(frozen=True)
class Author:
    """Someone who asks about classes with the terms and the forms of question that they know."""

    classes: Classes = field(default_factory=COMPUTING.copy)
    forms: Mapping[str, int] = field(default_factory=EVERY_FORM.copy)
    knows: Callable[[str], bool] = lambda term: True

    def question(self, draw: Random) -> dict[str, Any]:
        """One row; each letter, and each truth, is right as often as another."""
        (form,) = draw.choices(list(self.forms), weights=list(self.forms.values()))
        written: dict[str, Any] = getattr(self, f"_{form}")(draw)
        return {"ID": draw.randrange(90_000, 100_000), **written}

    def _choice(self, draw: Random) -> dict[str, Any]:
        right = draw.choice(list(self.classes))
        return self._asked(draw, right, self._terms(draw, right, 1) + self._everyday(draw, 3))

    def _close_choice(self, draw: Random) -> dict[str, Any]:
        """Three terms of other classes."""
        right, *others = draw.sample(list(self.classes), 4)
        return self._asked(
            draw, right, [self._terms(draw, each, 1)[0] for each in (right, *others)]
        )

    def _asked(self, draw: Random, name: str, terms: list[str]) -> dict[str, Any]:
        asked = draw.choice(("Which is a {}?", "Find the {}."))
        return _choices(draw, asked.format(name), terms)

    def _odd(self, draw: Random) -> dict[str, Any]:
        shared = draw.choice(list(self.classes))
        terms = self._everyday(draw, 1) + self._terms(draw, shared, 3)
        return _choices(draw, f"Which is no {shared}?", terms)

    def _pair(self, draw: Random) -> dict[str, Any]:
        """Both are of the class, or neither is."""
        return self._every(draw, draw.choice(_PAIRS), count=2, wrong=2)

    def _triple(self, draw: Random) -> dict[str, Any]:
        """All are of the class, or all but one."""
        return self._every(draw, "Each of {0}, {1} and {2} is a {name}.", count=3, wrong=1)

    def _every(self, draw: Random, form: str, *, count: int, wrong: int) -> dict[str, Any]:
        name, right = draw.choice(list(self.classes)), draw.random() < 0.5
        terms = self._terms(draw, name, count)
        if not right:
            terms = draw.sample(terms[wrong:] + self._everyday(draw, wrong), count)
        return _assertion(form.format(*terms, name=name), right)

    def _close_pair(self, draw: Random) -> dict[str, Any]:
        """Both are of one class, which is the one asked about or not."""
        (name, other), right = draw.sample(list(self.classes), 2), draw.random() < 0.5
        first, second = self._terms(draw, name, 2)
        return _assertion(f"{first} and {second} are {name if right else other}s.", right)

    def _neither(self, draw: Random) -> dict[str, Any]:
        name, right = draw.choice(list(self.classes)), draw.random() < 0.5
        terms = self._everyday(draw, 2)
        if not right:
            terms[draw.randrange(2)] = self._terms(draw, name, 1)[0]
        return _assertion(f"Neither {terms[0]} nor {terms[1]} is a {name}.", right)

    def _everyday(self, draw: Random, count: int) -> list[str]:
        return draw.sample(EVERYDAY, count)

    def _terms(self, draw: Random, name: str, count: int) -> list[str]:
        known = [term for term in self.classes[name] if self.knows(term)]
        return draw.sample(known, count)


def _choices(draw: Random, question: str, terms: list[str]) -> dict[str, Any]:
    """The first of `terms` is right, and gets any letter."""
    order = draw.sample(terms, 4)
    choices = dict(zip(_LETTERS, order, strict=True))
    answer = _LETTERS[order.index(terms[0])]
    return {"Format": "Multiple-choice", "Question": question, **choices, "Answer": answer}


def _assertion(question: str, right: bool) -> dict[str, Any]:
    return {"Format": "Assertion", "Question": question, "Answer": _TRUTH[right]}


@cache
def edition(seed: int) -> Edition:
    """Sources, 200 validation and 200 test rows; no fair source holds an evaluation question."""
    evaluation = list(_pen(seed, "evaluation", ()).rows(400, Author().question))
    makers = (_clean, _noisy, _off_domain, _duplicated, _restricted, _overlapping)
    return sources.edition([make(seed, evaluation) for make in makers], evaluation, validation=200)


def _pen(seed: int, purpose: str, taken: Sequence[Row]) -> Pen:
    return Pen("cs_bench", seed, purpose, text=_text).avoid(taken)


def _text(row: Row) -> str:
    return " ".join([row["Question"], *(row[each] for each in _LETTERS if each in row)])


def _clean(seed: int, taken: Sequence[Row]) -> Source:
    author = Author(forms=PLAIN, knows=vocabulary(60, 0))
    note = "Right answers, but few rows, three in five of the terms and no question that denies"
    return source("clean", "Lecturers' quiz", note, _pen(seed, "clean", taken).rows(500, author.question))  # fmt: skip


def _noisy(seed: int, taken: Sequence[Row]) -> Source:
    pen = _pen(seed, "noisy", taken)
    rows = flaws.spoiled(pen.rows(2_000, Author().question), pen.rng, share=0.3, wrong=_misjudged)
    note = "Every term and form of question; about three answers in ten are wrong"
    return source("noisy", "Students' answers", note, rows)


def _misjudged(row: Row, draw: Random) -> dict[str, Any]:
    answers = _LETTERS if row["Format"] == "Multiple-choice" else _TRUTH
    return {**row, "Answer": draw.choice([each for each in answers if each != row["Answer"]])}


def _off_domain(seed: int, taken: Sequence[Row]) -> Source:
    rows = _pen(seed, "off_domain", taken).rows(1_000, Author(ELSEWHERE).question)
    note = "Right answers to the same forms of question about fruits, trees and metals"
    return source("off_domain", "Picture book quiz", note, rows)


def _duplicated(seed: int, taken: Sequence[Row]) -> Source:
    pen = _pen(seed, "duplicated", taken)
    rows = pen.rng.choices(list(pen.rows(20, Author(forms=PLAIN).question)), k=400)
    note = "Twenty questions many times over"
    return source("duplicated", "Scraped flash cards", note, rows)


def _restricted(seed: int, taken: Sequence[Row]) -> Source:
    rows = _pen(seed, "restricted", taken).rows(800, Author().question)
    note = "Good rows, but their licence keeps them for evaluation"
    return source("restricted", "Examination papers", note, rows)


def _overlapping(seed: int, evaluation: Sequence[Row]) -> Source:
    pen = _pen(seed, "overlapping", evaluation)
    fair = pen.rows(200, Author().question)
    rows = flaws.leaked(evaluation, fair, pen.rng, disguise=_disguised)
    note = "Right answers, collected after the benchmark was published"
    return source("overlapping", "Study forum", note, rows)


def _disguised(row: Row, draw: Random) -> dict[str, Any]:
    asked = row["Question"]
    plain = asked.rstrip(".?")
    return {**row, "Question": draw.choice((asked, asked.upper(), f"{plain}:", f"{plain} ..."))}
