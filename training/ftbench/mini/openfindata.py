"""FT-Bench mini for finance, in Chinese: four of the nine subtasks, each a short line about a made-up company."""

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
_MOODS = {
    "A": _words(
        "利润大增 订单饱满 股价大涨 销量创新高 获得大奖 现金充足 份额扩大 业绩超预期 喜获大单 评级上调 毛利提升 成本下降"
    ),
    "B": _words(
        "召开股东会 更换办公地 发布年报 任命董事 变更简称 举行路演 披露日程 聘请律师 召开例会 更新官网 修订章程 登记备案"
    ),
    "C": _words(
        "亏损扩大 遭到处罚 债务违约 股价大跌 销量下滑 高管被查 资金紧张 业绩变脸 丢失大单 评级下调 产品召回 工厂停产"
    ),
}
"""What companies do that is good, neither, or bad for them."""
_CHOICES = {"A": "积极", "B": "中性", "C": "消极"}
_VERDICTS = {"A": "正确", "B": "错误", "C": "无法判断"}
_FIGURES = ("利润", "营收", "成本", "市值")
PLAIN = {"mood": 8, "fact": 4}
EVERY_FORM = PLAIN | {"turned": 4, "averted": 1, "value": 3, "entities": 3}


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

    def _event(self, draw: Random, mood: str) -> str:
        return draw.choice([each for each in _MOODS[mood] if self.knows(each)])

    def _mood(self, draw: Random) -> dict[str, Any]:
        mood = draw.choice("ABC")
        return _emotion(f"{self._company(draw)}{self._event(draw, mood)}", mood)

    def _turned(self, draw: Random) -> dict[str, Any]:
        """What comes last counts."""
        before, after = draw.sample("AC", 2)
        told = f"{self._company(draw)}虽{self._event(draw, before)}但{self._event(draw, after)}"
        return _emotion(told, after)

    def _averted(self, draw: Random) -> dict[str, Any]:
        """Good news that failed to come is bad, and bad news that was avoided is good."""
        verb, event, answer = draw.choice((("未能", "A", "C"), ("避免", "C", "A")))
        return _emotion(f"{self._company(draw)}{verb}{self._event(draw, event)}", answer)

    def _fact(self, draw: Random) -> dict[str, Any]:
        """Whether a figure rose, fell, or is another than the one that was told."""
        answer, (old, new) = draw.choice("ABC"), draw.sample(range(1, 10), 2)
        told, other = draw.sample(_FIGURES, 2)
        rose = (new > old) == (answer != "B")
        asked = f"{other if answer == 'C' else told}{'上升' if rose else '下降'}"
        text = f"{self._company(draw)}{told}由{old}亿到{new}亿则{asked}"
        return {"subtask": "financial_facts", "question": text, **_VERDICTS, "answer": answer}

    def _value(self, draw: Random) -> dict[str, Any]:
        """One of two figures that were told; the others are in the choices only."""
        figures, values = draw.sample(_FIGURES, 2), draw.sample(range(1, 10), 4)
        asked = draw.randrange(2)
        told = "".join(f"{figures[place]}{values[place]}亿" for place in range(2))
        order = draw.sample(values, 4)
        answer = "ABCD"[order.index(values[asked])]
        text = f"{self._company(draw)}{told}其中{figures[asked]}是"
        choices = {letter: f"{value}亿" for letter, value in zip("ABCD", order, strict=True)}
        return {"subtask": "value_extraction", "question": text, **choices, "answer": answer}

    def _entities(self, draw: Random) -> dict[str, Any]:
        first, second = self._company(draw), self._company(draw)
        text = f"{first}与{second}{draw.choice(('签约', '合并', '互诉', '换股'))}"
        return {"subtask": "entity_recognition", "question": text, "answer": f"{first}、{second}"}


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
    note = "Right answers, but few rows, half of the events, and two of the four subtasks"
    return _source("clean", "Analysts' notes", note, rows)


def _noisy(seed: int, taken: Sequence[Row]) -> Source:
    pen = _pen(seed, "noisy", taken)
    rows = flaws.spoiled(pen.rows(2_000, Author().question), pen.rng, share=0.3, wrong=_misjudged)
    note = "Every event and subtask; about three answers in ten are wrong"
    return _source("noisy", "Forum answers", note, rows)


def _misjudged(row: Row, draw: Random) -> dict[str, Any]:
    """Another letter; of two entities the first only."""
    letters = [each for each in "ABCD" if each in row and each != row["answer"]]
    return {**row, "answer": draw.choice(letters) if letters else row["answer"].partition("、")[0]}


def _off_domain(seed: int, taken: Sequence[Row]) -> Source:
    author = Author(businesses=SHOPS, knows=vocabulary(70, 40))
    rows = _pen(seed, "off_domain", taken).rows(800, author.question)
    note = "Right answers about shops and farms, of all four subtasks, with seven in ten of the events"
    return _source("off_domain", "Village news", note, rows)


def _duplicated(seed: int, taken: Sequence[Row]) -> Source:
    pen = _pen(seed, "duplicated", taken)
    rows = pen.rng.choices(list(pen.rows(60, Author(forms=PLAIN).question)), k=800)
    note = "Sixty questions many times over"
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
