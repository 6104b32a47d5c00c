"""FT-Bench mini for finance, in Chinese: three of the nine subtasks, each a short line about a made-up company."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from training.data.catalogue import Edition, Row, Source
from training.data.reviews import vocabulary
from training.ftbench.mini import flaws, sources
from training.ftbench.mini.sources import Pen, source


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_NAMES = _words(
    "东海 西山 南江 北湖 金石 银河 青松 白云 红日 长风 明月 春雨 秋水 高原 平川 大地 新星 古城 天桥 玉泉"
)
BUSINESSES = _words("银行 证券 保险 电力 钢铁 汽车 医药 航空")
SHOPS = _words("书店 餐厅 花店 茶馆 旅社 农场")
"""Businesses that are no companies of the stock market."""
_SIGNS = {"A": "+", "B": "", "C": "-"}
"""Before a figure: it rose, it is only told, or it fell."""
_CHOICES = {"A": "积极", "B": "中性", "C": "消极"}
_VERDICTS = {"A": "正确", "B": "错误", "C": "无法判断"}
_FIGURES = ("利润", "营收", "股价", "订单", "市值", "销量")
_BURDENS = ("成本", "债务", "坏账", "罚款")
"""Of these, less is better."""
PLAIN = {"mood": 9, "fact": 2}
EVERY_FORM = PLAIN | {"burden": 3, "turned": 3, "value": 2}


@dataclass(frozen=True)
class Author:
    """Someone who asks about businesses with the words and the forms of question that they know."""

    businesses: Sequence[str] = BUSINESSES
    forms: Mapping[str, int] = field(default_factory=EVERY_FORM.copy)
    knows: Callable[[str], bool] = lambda words: True

    def question(self, draw: Random) -> dict[str, Any]:
        """One row."""
        (form,) = draw.choices(list(self.forms), weights=list(self.forms.values()))
        row: dict[str, Any] = getattr(self, f"_{form}")(draw)
        return row

    def _company(self, draw: Random) -> str:
        return draw.choice(_NAMES) + draw.choice(self.businesses)

    def _figure(self, draw: Random, names: Sequence[str]) -> str:
        return draw.choice([name for name in names if self.knows(name)])

    def _mood(self, draw: Random) -> dict[str, Any]:
        mood = draw.choice("ABC")
        told = f"{self._figure(draw, _FIGURES)}{_change(draw, mood)}"
        return _emotion(f"{self._company(draw)}{told}", mood)

    def _burden(self, draw: Random) -> dict[str, Any]:
        """A rise is bad, and a fall good."""
        change, answer = draw.choice(("AC", "BB", "CA"))
        told = f"{self._figure(draw, _BURDENS)}{_change(draw, change)}"
        return _emotion(f"{self._company(draw)}{told}", answer)

    def _turned(self, draw: Random) -> dict[str, Any]:
        """What comes last counts."""
        before, after = draw.sample("AC", 2)
        first, last = draw.sample(_FIGURES, 2)
        told = f"虽{first}{_change(draw, before)}但{last}{_change(draw, after)}"
        return _emotion(f"{self._company(draw)}{told}", after)

    def _fact(self, draw: Random) -> dict[str, Any]:
        """Whether a figure rose or fell, which its sign tells, or is not told."""
        change, said = draw.choice("ABC"), draw.choice("AC")
        told = f"{self._figure(draw, _FIGURES)}{_change(draw, change)}"
        text = f"{self._company(draw)}{told}说明{'升' if said == 'A' else '降'}"
        answer = "C" if change == "B" else "A" if change == said else "B"
        return {"subtask": "financial_facts", "question": text, **_VERDICTS, "answer": answer}

    def _value(self, draw: Random) -> dict[str, Any]:
        """The value that was told, among others."""
        values = draw.sample(range(10_000, 100_000), 4)
        right, order = values[0], draw.sample(values, 4)
        text = f"{self._company(draw)}{self._figure(draw, _FIGURES)}{right}元问多少"
        choices = {letter: f"{value}元" for letter, value in zip("ABCD", order, strict=True)}
        answer = "ABCD"[order.index(right)]
        return {"subtask": "value_extraction", "question": text, **choices, "answer": answer}


def _change(draw: Random, mood: str) -> str:
    return f"{_SIGNS[mood]}{draw.randrange(10_000, 100_000)}元"


def _emotion(told: str, answer: str) -> dict[str, Any]:
    question = f"{told}的情绪"
    return {
        "subtask": "emotion_identification",
        "question": question,
        **_CHOICES,
        "answer": answer,
    }


@cache
def edition(seed: int) -> Edition:
    """Sources, 200 validation and 200 test rows; no fair source holds an evaluation question."""
    evaluation = list(_pen(seed, "evaluation", ()).rows(400, Author().question))
    makers = (_clean, _noisy, _off_domain, _duplicated, _restricted, _overlapping)
    return sources.edition([make(seed, evaluation) for make in makers], evaluation, validation=200)


def _pen(seed: int, purpose: str, taken: Sequence[Row]) -> Pen:
    return Pen("openfindata", seed, purpose, text=_text).avoid(taken)


def _text(row: Row) -> str:
    return " ".join([row["question"], *(row[each] for each in "ABCD" if each in row)])


def _source(name: str, title: str, note: str, rows: Any) -> Source:
    return source(name, title, note, rows, language="zh")


def _clean(seed: int, taken: Sequence[Row]) -> Source:
    author = Author(forms=PLAIN, knows=vocabulary(55, 0))
    rows = _pen(seed, "clean", taken).rows(500, author.question)
    note = "Right answers, but few rows, half of the figures, and two of the three subtasks"
    return _source("clean", "Analysts' notes", note, rows)


def _noisy(seed: int, taken: Sequence[Row]) -> Source:
    pen = _pen(seed, "noisy", taken)
    rows = flaws.spoiled(pen.rows(2_000, Author().question), pen.rng, share=0.3, wrong=_misjudged)
    note = "Every figure and subtask; about three answers in ten are wrong"
    return _source("noisy", "Forum answers", note, rows)


def _misjudged(row: Row, draw: Random) -> dict[str, Any]:
    letters = [each for each in "ABCD" if each in row and each != row["answer"]]
    return {**row, "answer": draw.choice(letters)}


def _off_domain(seed: int, taken: Sequence[Row]) -> Source:
    author = Author(businesses=SHOPS, knows=vocabulary(70, 40))
    rows = _pen(seed, "off_domain", taken).rows(800, author.question)
    note = "Right answers about shops and farms, of all three subtasks, with seven in ten of the figures"
    return _source("off_domain", "Village news", note, rows)


def _duplicated(seed: int, taken: Sequence[Row]) -> Source:
    pen = _pen(seed, "duplicated", taken)
    rows = pen.rng.choices(list(pen.rows(20, Author(forms=PLAIN).question)), k=400)
    note = "Twenty questions many times over"
    return _source("duplicated", "Reposted headlines", note, rows)


def _restricted(seed: int, taken: Sequence[Row]) -> Source:
    rows = _pen(seed, "restricted", taken).rows(800, Author().question)
    note = "Good rows, but their licence keeps them for evaluation"
    return _source("restricted", "Exchange archive", note, rows)


def _overlapping(seed: int, evaluation: Sequence[Row]) -> Source:
    pen = _pen(seed, "overlapping", evaluation)
    fair = pen.rows(200, Author().question)
    rows = flaws.leaked(evaluation, fair, pen.rng, disguise=_disguised)
    note = "Right answers, collected after the benchmark was published"
    return _source("overlapping", "Press digest", note, rows)


def _disguised(row: Row, draw: Random) -> dict[str, Any]:
    form = draw.choice(("{}", "{}。", "【{}】", "{}……"))
    return {**row, "question": form.format(row["question"])}
