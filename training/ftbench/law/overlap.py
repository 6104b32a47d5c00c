"""How much of one Chinese text is in another."""

import unicodedata
from collections import Counter
from collections.abc import Sequence

from training.ftbench.optional import library


def words(text: str) -> list[str]:
    """Words as jieba cuts them, without white space. Raises MissingLibrary."""
    jieba = library("jieba")
    jieba.setLogLevel("WARNING")
    return [word for word in jieba.cut(text) if word.strip()]


def characters(text: str) -> list[str]:
    """Characters in lower case, without white space and punctuation."""
    return [
        each
        for each in text.lower()
        if not each.isspace() and not unicodedata.category(each).startswith("P")
    ]


def rouge_l(answer: str, gold: str) -> float:
    """ROUGE-L F1 over words: Lin, 2004, Text Summarization Branches Out, 74-81, with beta 1."""
    written, wanted = words(answer), words(gold)
    return _f1(longest_common(written, wanted), len(written), len(wanted))


def rc_f1(answer: str, gold: str) -> float:
    """F1 over the multisets of characters, as reading comprehension is scored (arXiv:1606.05250, 4.3)."""
    written, wanted = Counter(characters(answer)), Counter(characters(gold))
    return _f1((written & wanted).total(), written.total(), wanted.total())


def soft_f1(answers: Sequence[str], golds: Sequence[str]) -> float:
    """F1 of phrases, where each counts as much as it overlaps its best counterpart by `rc_f1`."""
    if not answers or not golds:
        return 0.0
    precision = sum(max(rc_f1(answer, gold) for gold in golds) for answer in answers)
    recall = sum(max(rc_f1(answer, gold) for answer in answers) for gold in golds)
    return harmonic(precision / len(answers), recall / len(golds))


def set_f1(answers: set[str], golds: set[str]) -> float:
    """F1 of two sets."""
    return _f1(len(answers & golds), len(answers), len(golds))


def harmonic(precision: float, recall: float, *, beta: float = 1.0) -> float:
    """F measure; `beta` below 1 weighs precision more."""
    below = beta**2 * precision + recall
    return (1 + beta**2) * precision * recall / below if below else 0.0


def longest_common(left: Sequence[str], right: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    lengths = [0] * (len(right) + 1)
    for each in left:
        before = 0
        for place, other in enumerate(right, start=1):
            above = lengths[place]
            lengths[place] = before + 1 if each == other else max(above, lengths[place - 1])
            before = above
    return lengths[-1]


def _f1(common: float, written: int, wanted: int) -> float:
    return 2 * common / (written + wanted) if common else 0.0
