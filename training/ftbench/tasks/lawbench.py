"""FT-Bench task `lawbench`: twenty tasks of Chinese law."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from training import extensions
from training.data.catalogue import Edition, Row
from training.errors import DataRefused, RowRefused
from training.ftbench import Message, importing
from training.ftbench.imported import ImportedTask
from training.ftbench.law.rules import RULES
from training.ftbench.mini import lawbench as mini_rows

_COLUMNS = ("instruction", "question", "answer")
_LABELS = re.compile("(?:类别|标签|事件)包括[:：](.*?)。")
_LABELLED = ("2-2", "2-3", "2-4", "2-9")
_VALIDATION = 0.1


class LawBench(ImportedTask):
    """LawBench (Fei et al., arXiv:2309.16289): twenty subtasks that recall, understand and apply the law of China.

    A row of upstream's `2-4.json`: `{"instruction": "确定以下咨询的类别…类别包括：婚姻家庭、劳动纠纷…", "question":
    "房东不退押金该怎么办", "answer": "房产纠纷"}`. There are zero-shot questions only, 500 for each subtask: a seeded
    tenth of each is the validation split, the others are the sealed test split, and no row is offered for training.
    """

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "lawbench"
    title: ClassVar[str] = "LawBench (law)"
    metric: ClassVar[str] = "lawbench"
    licence: ClassVar[str] = "Apache-2.0; each subtask's source has terms of its own"
    training_allowed: ClassVar[bool] = True
    language: ClassVar[str] = "zh"
    source: ClassVar[str] = "https://github.com/open-compass/LawBench"
    max_new_tokens: ClassVar[int] = 512
    splits: ClassVar[tuple[str, ...]] = ("zero_shot",)
    columns: ClassVar[Mapping[str, str]] = {
        "subtask": f"one of {', '.join(RULES)}",
        "instruction": "what is asked for, and in which form",
        "question": "the text that it is asked of",
        "answer": "the right answer as upstream writes it",
    }

    @staticmethod
    def mini(seed: int = 0) -> Edition:
        """The generated edition; the seed of the shipped benchmark is 0."""
        return mini_rows.edition(seed)

    @classmethod
    def full(cls, folder: Path) -> Edition:
        """A tenth of each subtask validates."""
        rows = cls.upstream(folder, "zero_shot")
        validation: list[Row] = []
        test: list[Row] = []
        for subtask in RULES:
            own = [row for row in rows if row["subtask"] == subtask]
            for split, part in zip(
                (validation, test), importing.carve(own, _VALIDATION, key=cls.text), strict=True
            ):
                split.extend(part)
        return Edition("full", {}, tuple(validation), tuple(test))

    @classmethod
    def upstream(cls, folder: Path, split: str) -> tuple[Row, ...]:
        """All rows of all subtasks, subtask after subtask."""
        place = importing.locate(folder, f"data/{split}", split)
        return tuple(row for subtask in RULES for row in cls._subtask(place, subtask))

    @classmethod
    def _subtask(cls, folder: Path, subtask: str) -> tuple[Row, ...]:
        file = importing.locate(folder, f"{subtask}.json")
        raw = importing.json_rows(file, _COLUMNS)
        return importing.read(file.name, [{**each, "subtask": subtask} for each in raw], cls.row)

    @classmethod
    def predictions(cls, path: Path, rows: Sequence[Row]) -> Mapping[int, str | None]:
        """A folder with files like `1-1.json`: `{"0": {"origin_prompt", "prediction", "refr"}, …}`.

        Upstream's own predictions are not all of the same version of the questions: where `origin_prompt` is no prompt
        of a row, a row without a prediction is left out.
        """
        files = {subtask: path / f"{subtask}.json" for subtask in RULES}
        known = [subtask for subtask, file in files.items() if file.is_file()]
        if not known:
            reason = "is not a .jsonl file, nor a folder with files like 1-1.json"
            raise DataRefused(path.name, reason)
        written: dict[int, str | None] = {}
        for subtask in known:
            places = [place for place, row in enumerate(rows) if row["subtask"] == subtask]
            prompts = {place: cls.prompt(rows[place])[0]["content"] for place in places}
            found = _matched(_entries(files[subtask]), prompts)
            if not any(text is not None for text in found.values()):
                raise DataRefused(
                    files[subtask].name, "has no origin_prompt of a row of the split"
                )
            written |= found
        return written

    @staticmethod
    def part(row: Row) -> str:
        """The subtask."""
        return str(row["subtask"])

    @staticmethod
    def row(raw: Row) -> Row:
        """Text in every column. Raises RowRefused."""
        if raw["subtask"] not in RULES:
            raise RowRefused("subtask", raw["subtask"], f"is not one of {', '.join(RULES)}")
        # Sentences of 2-6 may hold no entity, and then their answer is empty.
        texts = ("instruction", "question") if raw["subtask"] == "2-6" else _COLUMNS
        row = {column: importing.text_of(raw, column) for column in ("subtask", *texts)}
        row["answer"] = str(raw["answer"])
        labels = _labels(row)
        if labels and not any(label in row["answer"] for label in labels):
            raise RowRefused("answer", row["answer"], f"holds none of {', '.join(labels)}")
        return row

    @staticmethod
    def text(row: Row) -> str:
        """The question."""
        return str(row["question"])

    @staticmethod
    def prompt(row: Row) -> list[Message]:
        """Upstream's: the instruction, and on the next line the question."""
        return [{"role": "user", "content": f"{row['instruction']}\n{row['question']}"}]

    @staticmethod
    def target(row: Row) -> str:
        """The answer as upstream writes it; where it leaves it empty, that there is nothing."""
        return str(row["answer"]).strip() or "无"

    @staticmethod
    def gold(row: Row) -> str:
        """JSON with what the subtask's rule needs."""
        gold: dict[str, Any] = {"subtask": row["subtask"], "answer": row["answer"]}
        if labels := _labels(row):
            gold["labels"] = labels
        if row["subtask"] == "2-1":
            gold["sentence"] = row["question"]
        return json.dumps(gold, ensure_ascii=False)

    @staticmethod
    def alternatives(row: Row) -> list[str]:
        """The other labels, where the instruction lists them."""
        return [label for label in _labels(row) if label not in row["answer"]]


def _labels(row: Row) -> list[str]:
    """The labels among which a classification chooses: its instruction lists them. Raises RowRefused."""
    if row["subtask"] not in _LABELLED:
        return []
    found = _LABELS.search(row["instruction"])
    if not found:
        raise RowRefused("instruction", row["instruction"][:60], "lists no labels")
    return re.split("[、，]", found.group(1))


def _entries(file: Path) -> list[dict[str, Any]]:
    found = importing.json_value(file)
    if not isinstance(found, dict):
        raise DataRefused(file.name, "is not an object with one entry for each row")
    return importing.with_columns(file.name, list(found.values()), ("prediction",))


def _matched(entries: list[dict[str, Any]], prompts: Mapping[int, str]) -> dict[int, str | None]:
    """Predictions by place: that of the same prompt, or the next where an entry does not tell its prompt."""
    free = dict(prompts)
    places: dict[str, list[int]] = {}
    for place, prompt in prompts.items():
        places.setdefault(prompt, []).append(place)
    written: dict[int, str | None] = {}
    strangers = 0
    for entry in entries:
        same = places.get(_asked(entry), []) if "origin_prompt" in entry else list(free)[:1]
        if same:
            written[same[0]] = str(entry["prediction"])
            free.pop(same.pop(0))
        else:
            strangers += 1
    return written | dict.fromkeys(list(free)[:strangers])


def _asked(entry: dict[str, Any]) -> str:
    asked = entry["origin_prompt"]
    if isinstance(asked, list) and asked and isinstance(asked[-1], dict):
        asked = asked[-1].get("prompt")
    return str(asked)
