"""FT-Bench task `cs_bench`: questions of computer science with a choice or an assertion to judge."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from training import extensions
from training.data.catalogue import Edition, Row
from training.errors import RowRefused
from training.ftbench import Message, importing
from training.ftbench.imported import ImportedTask
from training.ftbench.importing import Raw
from training.ftbench.mini import cs_bench as mini_rows

_LETTERS = ("A", "B", "C", "D")
_TRUTH = {"true": "True", "false": "False"}
_CHOICE, _ASSERTION = "Multiple-choice", "Assertion"
_COLUMNS = ("ID", "Format", "Question", "Answer")
_FORMATS = (_CHOICE, _ASSERTION, "Fill-in-the-blank", "Open-ended")
_MARKED = re.compile(r"(?i:answer|choice|option)(?i:\s+is)?\s*[:：]?\s*\(?([A-D])\b")  # noqa: RUF001 - both colons
_LETTER = re.compile(r"(?<![A-Za-z])([A-D])(?![A-Za-z])")
_TRUE = re.compile(r"\b(true|false)\b", re.IGNORECASE)


class CsBench(ImportedTask):
    """CS-Bench (Song et al., arXiv:2406.08587), English: four fields of computer science, without those that need a judge.

    A row of upstream: `{"ID": 9001, "Domain": "Operating System", "Format": "Multiple-choice", "Question": "Which of these
    is no state of a process?", "A": "Ready", "B": "Running", "C": "Blocked", "D": "Compiled", "Answer": "D"}`; the answer
    of an assertion is true or false. Of the formats, multiple-choice and assertion are scored; fill-in and open-ended
    rows are read and left out. Upstream's valid split validates, its test is sealed; there is nothing to train on.
    """

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "cs_bench"
    title: ClassVar[str] = "CS-Bench (computer science)"
    metric: ClassVar[str] = "accuracy"
    licence: ClassVar[str] = "CC BY-NC 4.0: no commercial use"
    training_allowed: ClassVar[bool] = True
    source: ClassVar[str] = "https://github.com/csbench/csbench"
    hub_id: ClassVar[str] = "CS-Bench/CS-Bench"
    max_new_tokens: ClassVar[int] = 8
    editions: ClassVar[tuple[str, ...]] = ("mini", "full")
    splits: ClassVar[tuple[str, ...]] = ("valid", "test")
    columns: ClassVar[Mapping[str, str]] = {
        "ID": "number of the row",
        "Format": f"{_CHOICE} or {_ASSERTION}",
        "Question": "the question, or the assertion",
        "Answer": "A, B, C or D; of an assertion true or false",
    }

    @staticmethod
    def mini(seed: int = 0) -> Edition:
        """The generated edition; the seed of the shipped benchmark is 0."""
        return mini_rows.edition(seed)

    @classmethod
    def full(cls, folder: Path) -> Edition:
        """Upstream's splits."""
        return Edition("full", {}, cls.upstream(folder, "valid"), cls.upstream(folder, "test"))

    @classmethod
    def upstream(cls, folder: Path, split: str) -> tuple[Row, ...]:
        """The rows of a split that can be scored without a judge, in their order."""
        file = importing.locate(folder, f"{split}.json", f"CS-Bench_{split}.json")
        return cls.scorable(file.name, importing.json_rows(file, _COLUMNS))

    @classmethod
    def full_of_hub(cls) -> Edition:
        """The same from the hub, in English."""
        return Edition("full", {}, cls._english("validation"), cls._english("test"))

    @classmethod
    def _english(cls, split: str) -> tuple[Row, ...]:
        rows = cls.hub_rows(_COLUMNS, split=split)
        english = [row for row in rows if row.get("Language", "English") == "English"]
        return cls.scorable(cls.hub_id, english)

    @classmethod
    def scorable(cls, name: str, raw: list[Raw]) -> tuple[Row, ...]:
        """Rows of the two formats. Raises DataRefused also for a format that upstream does not have."""
        rows = importing.read(name, raw, _known)
        return tuple(row for row in rows if row["Format"] in (_CHOICE, _ASSERTION))

    @staticmethod
    def part(row: Row) -> str:
        """The format."""
        return str(row["Format"])

    @staticmethod
    def row(raw: Row) -> Row:
        """The answer is made a letter, `True` or `False`. Raises RowRefused."""
        row = _known(raw)
        if row["Format"] not in (_CHOICE, _ASSERTION):
            raise RowRefused("Format", row["Format"], "is not scored without a judge")
        return row

    @staticmethod
    def text(row: Row) -> str:
        """The question with its choices."""
        return _asked(row)

    @staticmethod
    def prompt(row: Row) -> list[Message]:
        """One user message with the question, its choices, and the form of the answer."""
        form = (
            "the letter of the right choice"
            if row["Format"] == _CHOICE
            else "True or False: is this right?"
        )
        return [{"role": "user", "content": f"{_asked(row)}\nAnswer with {form}"}]

    @staticmethod
    def target(row: Row) -> str:
        """The letter, `True` or `False`."""
        return str(row["Answer"])

    @staticmethod
    def gold(row: Row) -> str:
        """The same."""
        return str(row["Answer"])

    @staticmethod
    def alternatives(row: Row) -> list[str]:
        """The other choices, or the opposite."""
        options = _LETTERS if row["Format"] == _CHOICE else tuple(_TRUTH.values())
        return [option for option in options if option != row["Answer"]]

    @staticmethod
    def extract(text: str) -> str | None:
        """A letter after "answer is" and the like; else `True` or `False`, whatever its case; else the first letter alone."""
        if found := _MARKED.search(text):
            return found.group(1)
        if found := _TRUE.search(text):
            return _TRUTH[found.group(1).casefold()]
        letter = _LETTER.search(text)
        return letter and letter.group(1)


def _known(raw: Row) -> Row:
    """A row of any format, with a readable answer where it is scored. Raises RowRefused."""
    if raw["Format"] not in _FORMATS:
        raise RowRefused("Format", raw["Format"], f"is not one of {', '.join(_FORMATS)}")
    row = {"ID": raw["ID"], "Format": raw["Format"]}
    row["Question"] = importing.text_of(raw, "Question")
    if row["Format"] == _CHOICE:
        row |= {letter: str(raw.get(letter) or "") for letter in _LETTERS}
        return row | {"Answer": _one_of(raw, {letter: letter for letter in _LETTERS})}
    if row["Format"] == _ASSERTION:
        # Upstream's judge compares "TRUE" with "true", and finds every assertion wrong.
        return row | {"Answer": _one_of(raw, _TRUTH)}
    return row | {"Answer": str(raw["Answer"])}


def _one_of(raw: Row, known: Mapping[str, str]) -> str:
    answer = str(raw["Answer"]).strip()
    for text in (answer, answer.casefold()):
        if text in known:
            return known[text]
    raise RowRefused("Answer", raw["Answer"], f"is not one of {', '.join(known.values())}")


def _asked(row: Row) -> str:
    choices = [f"{letter}. {row[letter]}" for letter in _LETTERS if row.get(letter)]
    return "\n".join([row["Question"], *choices])
