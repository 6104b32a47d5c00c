"""FT-Bench mini for LawBench: five of its subtasks on invented cases, in few characters; terms follow a made-up table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

from training.data.catalogue import Edition, Row, Source
from training.ftbench.mini import sources
from training.ftbench.mini.sources import Pen, source

_ANSWER_TOKENS = 28
_SURNAMES = "王李张刘陈"
_TIMES = ("早上", "中午", "夜里", "周日", "节日")
_PLACES = ("商店", "车站", "学校", "公园", "工厂", "市场")
_THINGS = ("手机", "相机", "电脑", "金表", "单车", "皮包")
_ACTS = {
    "盗窃": ("偷走", "窃走", "摸走", "顺走"),
    "抢劫": ("持刀抢走", "打人抢走", "威逼拿走", "持枪劫走"),
    "诈骗": ("骗走", "谎称领走", "冒名拿走", "假借拿走"),
    "侵占": ("代管不还", "私吞", "借用不还", "占下"),
}
"""What is done, by charge; the first two of each are the plain ones."""
_ARTICLES = {"盗窃": 264, "抢劫": 263, "诈骗": 266, "侵占": 270}
_MONTHS = {"侵占": 6, "盗窃": 12, "诈骗": 24, "抢劫": 60}
_WEIGHTS = {"自首": 0.5, "累犯": 2, "初犯": 1, "再犯": 2, "投案": 0.5, "认罪": 1}
_TOPICS = {
    "婚姻": ("要离婚", "想再婚", "婚后分居", "婚前彩礼", "被逼婚", "重婚了"),
    "劳动": ("没发工资", "上工受伤", "加工没钱", "被停工", "工时太长", "签工合同"),
    "房产": ("租房漏水", "房东不退钱", "买房受骗", "房价太高", "卖房不给", "房客不走"),
    "交通": ("被车撞了", "停车受罚", "酒后开车", "追尾前车", "车主走了", "无证行车"),
}
_OTHER_TOPICS = {
    "税务": ("少交了税", "发票丢了", "税款算错", "公司不开发票"),
    "医疗": ("医生开错药", "手术失败", "医院不退钱", "病历丢了"),
    "保险": ("保险不赔", "想退保", "保费太高", "保单丢了"),
}
_AMOUNTS = [f"{digit}{zeros}" for zeros in ("0", "00") for digit in range(1, 10)]
_WHO = ("我在{place}", "我姓{one}", "{time}的事", "我是{one}某", "朋友{one}某", "我和{two}某")
_ASKS = ("怎么办", "找谁", "能告吗", "要多少钱", "有什么法", "{time}去哪里")
_CRIME = "{time}{place}，{one}某{act}{two}某{thing}"
_QUESTIONS = {
    "谁作案": "{one}某",
    "谁被害": "{two}某",
    "在哪里": "{place}",
}
Facts = Mapping[str, str]
Written = tuple[str, str, str, str]
"""Subtask, instruction, question, answer."""
Write = Callable[[Facts, Random], Written]


@cache
def edition(seed: int) -> Edition:
    """Sources, 200 validation and 200 test rows, 40 of each subtask; no fair source holds a question of theirs."""
    pen = _Pen(seed, "evaluation", ())
    by_subtask = [list(pen.rows(80, [write])) for write in _EVALUATED]
    evaluation = [row for each in zip(*by_subtask, strict=True) for row in each]
    makers = (_clean, _noisy, _off_domain, _duplicated, _restricted, _overlapping)
    made = [make(seed, evaluation) for make in makers]
    return sources.edition(made, evaluation, validation=200, max_new_tokens=_ANSWER_TOKENS)


class _Pen:
    """Writes cases; `ways` is how many of the ways to say a thing are used."""

    def __init__(self, seed: int, purpose: str, taken: Sequence[Row], *, ways: int = 6) -> None:
        self._pen = Pen("lawbench", seed, purpose, text=_text).avoid(taken)
        self.rng = self._pen.rng
        self._ways = ways

    def rows(self, count: int, writers: Sequence[Write] = ()) -> Iterator[dict[str, Any]]:
        """`count` rows, of the subtasks of the benchmark unless `writers` says of which."""

        def write(draw: Random) -> dict[str, Any]:
            chosen = draw.choice(writers or _EVALUATED)
            subtask, instruction, question, answer = chosen(_facts(draw, self._ways), draw)
            return {
                "subtask": subtask,
                "instruction": instruction,
                "question": question,
                "answer": answer,
            }

        return self._pen.rows(count, write)


def _facts(draw: Random, ways: int) -> Facts:
    """One crime, and one civil matter, said in one of the first `ways` ways."""
    one, two = draw.sample(_SURNAMES, 2)
    worth, other = draw.sample(_AMOUNTS, 2)
    charge, topic, other_topic = (
        draw.choice(list(names)) for names in (_ACTS, _TOPICS, _OTHER_TOPICS)
    )
    return {
        "one": one,
        "two": two,
        "time": draw.choice(_TIMES),
        "place": draw.choice(_PLACES),
        "thing": draw.choice(_THINGS),
        "charge": charge,
        "act": draw.choice(_ACTS[charge][:ways]),
        "worth": worth,
        "other": other,
        "weight": draw.choice(list(_WEIGHTS)[:ways]),
        "topic": topic,
        "matter": draw.choice(_TOPICS[topic][:ways]),
        "other_topic": other_topic,
        "other_matter": draw.choice(_OTHER_TOPICS[other_topic]),
    }


def _said(form: str, facts: Facts) -> str:
    return form.format(**facts)


def _topic(facts: Facts, draw: Random) -> Written:
    who, ask = draw.choice(_WHO), draw.choice(_ASKS)
    question = _said(f"{who}，{{matter}}，{ask}", facts)
    return "2-4", f"类别包括：{'、'.join(_TOPICS)}。", question, facts["topic"]


def _other_topic(facts: Facts, draw: Random) -> Written:
    who, ask = draw.choice(_WHO), draw.choice(_ASKS)
    question = _said(f"{who}，{{other_matter}}，{ask}", facts)
    return (
        "2-4",
        f"类别包括：{'、'.join(_OTHER_TOPICS)}。",
        question,
        facts["other_topic"],
    )


def _reading(facts: Facts, draw: Random) -> Written:
    asked = draw.choice(list(_QUESTIONS))
    question = _said(f"{_CRIME}，{asked}", facts)
    return "2-5", "按文回答。", question, f"回答:{_said(_QUESTIONS[asked], facts)}"


def _charge(facts: Facts, draw: Random) -> Written:
    return "3-3", "写出罪名。", _said(f"{_CRIME}，值{{worth}}元", facts), f"罪名:{facts['charge']}"


def _article(facts: Facts, draw: Random) -> Written:
    question = _said(f"{_CRIME}，共{{worth}}元", facts)
    return "3-1", "写出法条。", question, f"法条:第{_ARTICLES[facts['charge']]}条"


def _term(facts: Facts, draw: Random) -> Written:
    months = int(_MONTHS[facts["charge"]] * _WEIGHTS[facts["weight"]])
    return "3-4", "写出刑期。", _said(f"{_CRIME}，{{weight}}", facts), f"刑期:{months}个月"


def _amount(facts: Facts, draw: Random) -> Written:
    form = draw.choice(("值{worth}元，赔{other}元", "赔{other}元，值{worth}元"))
    return "3-7", "写出金额。", _said(f"{_CRIME}，{form}", facts), f"金额:{facts['worth']}元"


_EVALUATED: tuple[Write, ...] = (_topic, _reading, _charge, _term, _amount)


def _text(row: Row) -> str:
    return str(row["question"])


def _clean(seed: int, taken: Sequence[Row]) -> Source:
    pen = _Pen(seed, "clean", taken, ways=2)
    note = "Answers that a teacher has checked, but plain cases only"
    return _source("clean", "Textbook cases", note, pen.rows(800))


def _noisy(seed: int, taken: Sequence[Row]) -> Source:
    pen = _Pen(seed, "noisy", taken)
    rows = list(pen.rows(1_500))
    note = "Every kind of case; about half of the answers belong to another case"
    return _source("noisy", "Forum answers", note, [_spoilt(row, rows, pen.rng) for row in rows])


def _spoilt(row: dict[str, Any], others: Sequence[Row], draw: Random) -> dict[str, Any]:
    """The row, or half the time with the answer of another row of its subtask."""
    if draw.random() < 0.5:
        return row
    other = draw.choice(others)
    while other["subtask"] != row["subtask"]:
        other = draw.choice(others)
    return {**row, "answer": other["answer"]}


def _off_domain(seed: int, taken: Sequence[Row]) -> Source:
    pen = _Pen(seed, "off_domain", taken)
    note = "Right answers to what the benchmark does not ask: articles of the code, and tax, health and insurance"
    return _source(
        "off_domain", "Court clerks' drills", note, pen.rows(600, [_article, _other_topic])
    )


def _duplicated(seed: int, taken: Sequence[Row]) -> Source:
    pen = _Pen(seed, "duplicated", taken, ways=1)
    rows = pen.rng.choices(list(pen.rows(40)), k=600)
    return _source("duplicated", "Exam flash cards", "Forty plain cases many times over", rows)


def _restricted(seed: int, taken: Sequence[Row]) -> Source:
    note = "Right answers, but their licence keeps them for evaluation"
    rows = _Pen(seed, "restricted", taken).rows(600)
    return _source("restricted", "Court records", note, rows)


def _overlapping(seed: int, evaluation: Sequence[Row]) -> Source:
    pen = _Pen(seed, "overlapping", evaluation)
    leaked = [_disguised(row, pen.rng) for row in pen.rng.sample(evaluation, 400)]
    rows = [*leaked, *pen.rows(400)]
    pen.rng.shuffle(rows)
    note = "Right answers to every kind of case, collected after the benchmark was published"
    return _source("overlapping", "Shared cases", note, rows)


def _disguised(row: Row, draw: Random) -> dict[str, Any]:
    """The same question with other punctuation."""
    comma, end = draw.choice("，；, "), draw.choice(("", "。", "？", "！"))
    return {**row, "question": row["question"].replace("，", comma) + end}


def _source(name: str, title: str, note: str, rows: Any) -> Source:
    return source(name, title, note, rows, language="zh")
