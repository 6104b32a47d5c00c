"""FT-Bench task `econlogicqa`: events of the economy in their logical order."""

import re
from collections.abc import Mapping
from itertools import permutations
from pathlib import Path
from typing import ClassVar

from training import extensions
from training.data.catalogue import Edition, Row
from training.errors import RowRefused
from training.ftbench import Message, importing
from training.ftbench.imported import ImportedTask
from training.ftbench.mini import econlogicqa as mini_rows

_LETTERS = ("A", "B", "C", "D")
_COLUMNS = ("Question", *_LETTERS, "Answer")
_FILES = {
    "train": ("train.csv",),
    "validation": ("validation.csv", "val.csv"),
    "test": ("test.csv",),
}
_ORDER = re.compile(r"(?<![A-Za-z])[A-D](?:\s*(?:,|->|→|>|;|\s)\s*[A-D]){3}(?![A-Za-z])")


class EconLogicQa(ImportedTask):
    """EconLogicQA (Quan and Liu, arXiv:2405.07938): four events to put in order.

    A row of upstream: `Question: Arrange the events of a rise in interest rates.`, `A: Loans become dearer.`, `B: The
    central bank raises its rate.`, `C: Building slows down.`, `D: Fewer houses are bought.`, `Answer: B, A, D, C`.
    Upstream's splits are used as they are (390, 130, 130).
    """

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "econlogicqa"
    title: ClassVar[str] = "EconLogicQA (order of events)"
    metric: ClassVar[str] = "exact_order"
    licence: ClassVar[str] = "CC BY-NC-SA 4.0: no commercial use"
    training_allowed: ClassVar[bool] = True
    source: ClassVar[str] = "https://huggingface.co/datasets/yinzhu-quan/econ_logic_qa"
    hub_id: ClassVar[str] = "yinzhu-quan/econ_logic_qa"
    max_new_tokens: ClassVar[int] = 32
    editions: ClassVar[tuple[str, ...]] = ("mini", "full")
    splits: ClassVar[tuple[str, ...]] = tuple(_FILES)
    columns: ClassVar[Mapping[str, str]] = {
        "Question": "what is to be put in order",
        **dict.fromkeys(_LETTERS, "one event"),
        "Answer": "the letters in order, such as B, A, D, C",
    }

    @staticmethod
    def mini(seed: int = 0) -> Edition:
        """The generated edition; the seed of the shipped benchmark is 0."""
        return mini_rows.edition(seed)

    @classmethod
    def full(cls, folder: Path) -> Edition:
        """Upstream's splits."""
        return cls.of({split: cls.upstream(folder, split) for split in cls.splits})

    @classmethod
    def full_of_hub(cls) -> Edition:
        """The same from the hub."""
        rows = {split: cls.hub_rows(_COLUMNS, split=split) for split in cls.splits}
        return cls.of({split: importing.read(cls.hub_id, rows[split], cls.row) for split in rows})

    @classmethod
    def of(cls, rows: Mapping[str, tuple[Row, ...]]) -> Edition:
        """The edition that has these splits."""
        sources = cls.made(rows["train"], note="The training split as published")
        return Edition("full", sources, rows["validation"], rows["test"])

    @classmethod
    def upstream(cls, folder: Path, split: str) -> tuple[Row, ...]:
        """One CSV file."""
        file = importing.locate(folder, *_FILES[split])
        return importing.read(file.name, importing.csv_rows(file, _COLUMNS), cls.row)

    @staticmethod
    def row(raw: Row) -> Row:
        """The order is written `B, A, D, C`. Raises RowRefused."""
        row = {column: importing.text_of(raw, column) for column in _COLUMNS}
        letters = re.findall("[A-Z]", row["Answer"])
        if sorted(letters) != list(_LETTERS):
            raise RowRefused("Answer", row["Answer"], f"is not an order of {', '.join(_LETTERS)}")
        return {**row, "Answer": ", ".join(letters)}

    @staticmethod
    def text(row: Row) -> str:
        """The question with its events."""
        return _asked(row)

    @staticmethod
    def prompt(row: Row) -> list[Message]:
        """One user message with the question, the events, and the form of the answer."""
        form = "Answer with the letters in order and nothing else, such as D, C, B, A."
        return [{"role": "user", "content": f"{_asked(row)}\n{form}"}]

    @staticmethod
    def target(row: Row) -> str:
        """The order."""
        return str(row["Answer"])

    @staticmethod
    def gold(row: Row) -> str:
        """The order."""
        return str(row["Answer"])

    @staticmethod
    def alternatives(row: Row) -> list[str]:
        """All other orders."""
        orders = (", ".join(order) for order in permutations(_LETTERS))
        return [order for order in orders if order != row["Answer"]]

    @staticmethod
    def extract(text: str) -> str | None:
        """The last order of all four letters in `text`."""
        for found in reversed(_ORDER.findall(text)):
            letters = re.findall("[A-D]", found)
            if len(set(letters)) == len(_LETTERS):
                return ", ".join(letters)
        return None


def _asked(row: Row) -> str:
    return "\n".join([row["Question"], *(f"{letter}. {row[letter]}" for letter in _LETTERS)])
