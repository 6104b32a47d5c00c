"""FT-Bench task `openfindata`: objective questions of Chinese finance."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from training import extensions
from training.data.catalogue import Edition, Row
from training.errors import RowRefused
from training.ftbench import Message, importing
from training.ftbench.imported import ImportedTask
from training.ftbench.mini import openfindata as mini_rows

_CHOICES = {
    "emotion_identification": "ABC",
    "entity_disambiguation": "ABC",
    "financial_facts": "ABC",
    "data_inspection": "ABCD",
    "financial_terminology": "ABCD",
    "metric_calculation": "ABCD",
    "value_extraction": "ABCD",
    "intent_understanding": "ABCDE",
    "entity_recognition": "",
}
"""Letters among which each subtask chooses; entities are written out."""
_VALIDATION = 0.2


class OpenFinData(ImportedTask):
    """OpenFinData: nine objective subtasks of finance, in Chinese. Its README forbids to train on it.

    A row of upstream's `emotion_identification.json`: `{"id": "0", "question": "某公司利润大增，这条消息的情绪是？", "A": "积极",
    "B": "中性", "C": "消极", "answer": "A"}`; in `entity_recognition.json` the answer is the entities, with 、 between them.
    A seeded fifth of each subtask validates, the others are sealed; no row may be trained on.
    """

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "openfindata"
    title: ClassVar[str] = "OpenFinData (finance)"
    metric: ClassVar[str] = "choice_or_entities"
    licence: ClassVar[str] = "Apache-2.0; its README forbids training on it"
    training_allowed: ClassVar[bool] = False
    language: ClassVar[str] = "zh"
    source: ClassVar[str] = "https://github.com/open-compass/OpenFinData"
    max_new_tokens: ClassVar[int] = 64
    editions: ClassVar[tuple[str, ...]] = ("mini", "full")
    splits: ClassVar[tuple[str, ...]] = ("all",)
    columns: ClassVar[Mapping[str, str]] = {
        "subtask": f"one of {', '.join(_CHOICES)}",
        "question": "the question",
        "answer": "a letter, or entities with 、 between them",
    }

    @staticmethod
    def mini(seed: int = 0) -> Edition:
        """The generated edition; the seed of the shipped benchmark is 0."""
        return mini_rows.edition(seed)

    @classmethod
    def full(cls, folder: Path) -> Edition:
        """A fifth of each subtask validates."""
        rows = cls.upstream(folder, "all")
        validation: list[Row] = []
        test: list[Row] = []
        for subtask in _CHOICES:
            own = [row for row in rows if row["subtask"] == subtask]
            held, sealed = importing.carve(own, _VALIDATION, key=cls.text)
            validation.extend(held)
            test.extend(sealed)
        return Edition("full", {}, tuple(validation), tuple(test))

    @classmethod
    def upstream(cls, folder: Path, split: str) -> tuple[Row, ...]:
        """Nine JSON files, one after another."""
        return tuple(row for subtask in _CHOICES for row in cls._subtask(folder, subtask))

    @classmethod
    def _subtask(cls, folder: Path, subtask: str) -> tuple[Row, ...]:
        file = importing.locate(folder, f"{subtask}.json", f"data/{subtask}.json")
        raw = importing.json_rows(file, ("question", *_CHOICES[subtask], "answer"))
        return importing.read(file.name, [{**each, "subtask": subtask} for each in raw], cls.row)

    @staticmethod
    def part(row: Row) -> str:
        """The subtask."""
        return str(row["subtask"])

    @staticmethod
    def row(raw: Row) -> Row:
        """A letter, or a list of entities. Raises RowRefused."""
        if raw["subtask"] not in _CHOICES:
            raise RowRefused("subtask", raw["subtask"], f"is not one of {', '.join(_CHOICES)}")
        letters = _CHOICES[raw["subtask"]]
        row = {"subtask": raw["subtask"], "question": importing.text_of(raw, "question")}
        row |= {letter: str(raw.get(letter) or "") for letter in letters}
        answer = importing.text_of(raw, "answer").strip()
        if letters and (len(answer) != 1 or answer not in letters):
            raise RowRefused("answer", answer, f"is not one of {', '.join(letters)}")
        return {**row, "answer": answer}

    @staticmethod
    def text(row: Row) -> str:
        """The question with its choices."""
        return _asked(row)

    @staticmethod
    def prompt(row: Row) -> list[Message]:
        """One user message with the question, its choices, and the form of the answer."""
        form = (
            "请只回答正确选项的字母。"
            if _CHOICES[row["subtask"]]
            else "请写出所有实体，用顿号隔开。"
        )
        return [{"role": "user", "content": f"{_asked(row)}\n{form}"}]

    @staticmethod
    def target(row: Row) -> str:
        """The letter, or the entities."""
        return str(row["answer"])

    @staticmethod
    def gold(row: Row) -> str:
        """The letter, or the entities as a JSON list."""
        if _CHOICES[row["subtask"]]:
            return str(row["answer"])
        entities = [each.strip() for each in re.split("[、,，]", row["answer"]) if each.strip()]
        return json.dumps(entities, ensure_ascii=False)

    @staticmethod
    def alternatives(row: Row) -> list[str]:
        """The other letters."""
        return [letter for letter in _CHOICES[row["subtask"]] if letter != row["answer"]]


def _asked(row: Row) -> str:
    letters = _CHOICES[row["subtask"]]
    return "\n".join([row["question"], *(f"{letter}. {row[letter]}" for letter in letters)])
