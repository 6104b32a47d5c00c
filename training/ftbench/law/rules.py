"""The rule of each subtask: what an answer scores, and whether it abstains."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from training.ftbench.law import numbers
from training.ftbench.law.charges import CHARGES
from training.ftbench.law.edits import Counts, compare
from training.ftbench.law.overlap import rc_f1, rouge_l, set_f1, soft_f1

Gold = dict[str, Any]
"""`subtask`, `answer`; `labels` where the instruction lists them; `sentence` where one is corrected."""


@dataclass(frozen=True)
class Verdict:
    """What one answer scores."""

    score: float
    abstains: bool = False
    """Nothing that the subtask asks for is in the answer."""
    counts: bool = True
    """False for rows that upstream leaves out of the mean."""
    edits: Counts | None = None


Judge = Callable[[str, Gold], Verdict]
Mean = Callable[[Sequence[Verdict]], float]


def of_all(verdicts: Sequence[Verdict]) -> float:
    """Mean over all rows."""
    return fmean(verdict.score for verdict in verdicts)


def of_counting(verdicts: Sequence[Verdict]) -> float:
    """Mean over the rows that upstream counts; over all where there are no others."""
    counting = [verdict for verdict in verdicts if verdict.counts]
    return of_all(counting or verdicts)


def of_edits(verdicts: Sequence[Verdict]) -> float:
    """F0.5 of all edits together."""
    counts = [verdict.edits for verdict in verdicts if verdict.edits]
    common, written = sum(each.common for each in counts), sum(each.written for each in counts)
    return Counts(common, written, sum(each.wanted for each in counts)).f_half()


@dataclass(frozen=True)
class Rule:
    """How a subtask is scored."""

    measure: str
    """As the paper names it."""
    judge: Judge
    mean: Mean = of_all


def _choice(options: str) -> Judge:
    """Right when the right letter is in the answer, and no other."""

    def judge(answer: str, gold: Gold) -> Verdict:
        found = [option for option in options if option in answer]
        wanted = [option for option in options if option in gold["answer"]]
        return Verdict(float(found == wanted), not found)

    return judge


def _label(answer: str, gold: Gold) -> Verdict:
    """Right when the right label is in the answer, and no other."""
    found, wanted = _labels(answer, gold), _labels(gold["answer"], gold)
    return Verdict(float(found == wanted), not found)


def _label_set(answer: str, gold: Gold) -> Verdict:
    """F1 of the labels in the answer."""
    found = _labels(answer, gold)
    return Verdict(set_f1(found, _labels(gold["answer"], gold)), not found)


def _labels(text: str, gold: Gold) -> set[str]:
    return {label for label in gold["labels"] if label in text}


def _charges(answer: str, gold: Gold) -> Verdict:
    """F1 of the charges: those of a plain list, or else all whose names are in the answer."""
    listed = _list(answer)
    found = listed if listed <= CHARGES else {name for name in CHARGES if name in answer}
    return Verdict(set_f1(found, _list(gold["answer"])), not found)


def _list(text: str) -> set[str]:
    return set(re.split("[;；]", text.strip().removeprefix("罪名:")))


def _articles(answer: str, gold: Gold) -> Verdict:
    """F1 of the articles that are cited."""
    found, wanted = numbers.articles(answer), numbers.articles(gold["answer"])
    return Verdict(set_f1(found, wanted), not found)


def _term(answer: str, gold: Gold) -> Verdict:
    """Closeness of terms in months. Upstream does not count life sentences and death."""
    wanted = numbers.months(gold["answer"])
    if wanted is None:
        return Verdict(float(_same_end(answer, gold["answer"])), counts=False)
    found = numbers.months(answer)
    return (
        Verdict(0.0, abstains=True) if found is None else Verdict(numbers.closeness(found, wanted))
    )


def _same_end(answer: str, gold: str) -> bool:
    return any(end in answer and end in gold for end in ("无期", "死刑"))


def _amount(answer: str, gold: Gold) -> Verdict:
    """Right when one of the numbers in the answer is the amount."""
    found = numbers.amounts(answer)
    return Verdict(float(bool(found & numbers.amounts(gold["answer"]))), not found)


def _rouge(answer: str, gold: Gold) -> Verdict:
    """Without the heading of gold answers."""
    heading = "答案:"
    return Verdict(rouge_l(answer.removeprefix(heading), gold["answer"].removeprefix(heading)))


def _rouge_whole(answer: str, gold: Gold) -> Verdict:
    return Verdict(rouge_l(answer, gold["answer"]))


def _reading(answer: str, gold: Gold) -> Verdict:
    """rc-F1 of the answer without its heading."""
    heading = "回答:"
    return Verdict(rc_f1(answer.removeprefix(heading), gold["answer"].removeprefix(heading)))


def _correction(answer: str, gold: Gold) -> Verdict:
    """F0.5 of the edits."""
    counts = compare(gold["sentence"], answer, gold["answer"])
    return Verdict(counts.f_half(), edits=counts)


_TYPES = "犯罪嫌疑人|受害人|被盗货币|物品价值|盗窃获利|被盗物品|作案工具|时间|地点|组织机构"
_FIELD = re.compile(rf"({_TYPES})\s*[：:]\s*([^\n;]*)")
_NOTHING = ("无", "未提及")
"""How models say that there is no entity of a type."""


def _entities(answer: str, gold: Gold) -> Verdict:
    """F1 over types of entity, where a type counts as much as its text overlaps (rc-F1)."""
    found = {kind: text for kind, text in _fields(answer).items() if text not in _NOTHING}
    wanted = _fields(gold["answer"])
    shared = sum(rc_f1(found[kind], wanted[kind]) for kind in found.keys() & wanted.keys())
    total = len(found) + len(wanted)
    return Verdict(2 * shared / total if total else 1.0, not found)


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for kind, value in _FIELD.findall(text):
        fields[kind] = "、".join(filter(None, (fields.get(kind, ""), value.strip())))
    return fields


def _phrases(answer: str, gold: Gold) -> Verdict:
    """Soft-F1 of phrases with semicolons between them."""
    found, wanted = (
        [phrase.strip() for phrase in re.split("[;；]", text) if phrase.strip()]
        for text in (answer, gold["answer"])
    )
    return Verdict(soft_f1(found, wanted), not found)


RULES = {
    "1-1": Rule("ROUGE-L", _rouge),
    "1-2": Rule("accuracy", _choice("ABCD")),
    "2-1": Rule("F0.5", _correction, of_edits),
    "2-2": Rule("F1", _label_set),
    "2-3": Rule("F1", _label_set),
    "2-4": Rule("accuracy", _label),
    "2-5": Rule("rc-F1", _reading),
    "2-6": Rule("soft-F1", _entities),
    "2-7": Rule("ROUGE-L", _rouge_whole),
    "2-8": Rule("accuracy", _choice("ABCDE")),
    "2-9": Rule("F1", _label_set),
    "2-10": Rule("soft-F1", _phrases),
    "3-1": Rule("F1", _articles),
    "3-2": Rule("ROUGE-L", _rouge_whole),
    "3-3": Rule("F1", _charges),
    "3-4": Rule("normalised log-distance", _term, of_counting),
    "3-5": Rule("normalised log-distance", _term, of_counting),
    "3-6": Rule("accuracy", _choice("ABCD")),
    "3-7": Rule("accuracy", _amount),
    "3-8": Rule("ROUGE-L", _rouge_whole),
}
