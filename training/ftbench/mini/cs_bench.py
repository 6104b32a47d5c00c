"""FT-Bench mini for computer science: which of four terms is of a class, and whether two or three are."""

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


def _split(**classes: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(terms.split("|")) for name, terms in classes.items()}


COMPUTING = _split(
    structure="stack|queue|heap|array|linked list|hash table|graph|trie|bitmap|ring buffer|search tree|matrix",
    protocol="TCP|UDP|HTTP|FTP|ARP|DNS|SMTP|DHCP|ICMP|SSH|OSPF|BGP",
    device="router|switch|hub|bridge|gateway|modem|repeater|firewall|access point|proxy|antenna|cable",
    store="cache|RAM|ROM|flash|hard disk|DRAM|tape|swap file|page frame|SRAM|EPROM|scratchpad",
    lock="mutex|semaphore|spinlock|monitor|barrier|latch|condition|rendezvous|futex|seqlock|turnstile|guard",
    circuit="adder|decoder|register|counter|flip flop|shifter|gate|multiplexer|comparator|clock|inverter|buffer",
)
"""Terms of computer science by class."""
ELSEWHERE = _split(
    fruit="apple|pear|plum|lemon|cherry|fig|grape|melon|peach|orange|mango|kiwi",
    beast="dog|cat|horse|bird|cow|pig|goat|duck|mouse|fox|bear|wolf",
    colour="red|blue|green|yellow|black|white|brown|purple|pink|grey|violet|gold",
    place="garden|kitchen|harbour|school|market|forest|station|library|office|village|park|museum",
    name="anna|ben|clara|david|emma|frank|grace|henry|ivy|jack|laura|mark",
    number="zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven",
)
PLAIN = {"choice": 5, "pair": 5}
EVERY_FORM = PLAIN | {"odd": 2, "neither": 2, "triple": 3}


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
        right, *others = draw.sample(list(self.classes), 4)
        wrong = [self._terms(draw, each, 1)[0] for each in others]
        asked = draw.choice(("Which is a {}?", "Find the {}."))
        return _choices(draw, asked.format(right), self._terms(draw, right, 1) + wrong)

    def _odd(self, draw: Random) -> dict[str, Any]:
        other, shared = draw.sample(list(self.classes), 2)
        terms = self._terms(draw, other, 1) + self._terms(draw, shared, 3)
        return _choices(draw, f"Which is no {shared}?", terms)

    def _pair(self, draw: Random) -> dict[str, Any]:
        return self._every(draw, "{0} and {1} are {name}s.", count=2)

    def _triple(self, draw: Random) -> dict[str, Any]:
        return self._every(draw, "Each of {0}, {1} and {2} is a {name}.", count=3)

    def _every(self, draw: Random, form: str, *, count: int) -> dict[str, Any]:
        """All are of the class, or all but one."""
        name, other = draw.sample(list(self.classes), 2)
        terms, right = self._terms(draw, name, count), draw.random() < 0.5
        if not right:
            terms[draw.randrange(count)] = self._terms(draw, other, 1)[0]
        return _assertion(form.format(*terms, name=name), right)

    def _neither(self, draw: Random) -> dict[str, Any]:
        name, *others = draw.sample(list(self.classes), 3)
        terms, right = [self._terms(draw, each, 1)[0] for each in others], draw.random() < 0.5
        if not right:
            terms[draw.randrange(2)] = self._terms(draw, name, 1)[0]
        return _assertion(f"Neither {terms[0]} nor {terms[1]} is a {name}.", right)

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
    note = "Right answers to the same forms of question about fruits, beasts and colours"
    return source("off_domain", "Picture book quiz", note, rows)


def _duplicated(seed: int, taken: Sequence[Row]) -> Source:
    pen = _pen(seed, "duplicated", taken)
    rows = pen.rng.choices(list(pen.rows(60, Author(forms=PLAIN).question)), k=800)
    note = "Sixty questions many times over"
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
