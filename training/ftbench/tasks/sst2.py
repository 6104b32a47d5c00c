"""FT-Bench task `sst2`: the sentiment of one sentence of a film review."""

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from training import extensions
from training.data import tsv
from training.data.catalogue import Edition, Row, Source
from training.errors import DataRefused, RecipeError, RowRefused
from training.ftbench import Message, importing
from training.ftbench.mini import sst2 as mini_rows

_LABELS = ("negative", "positive")
_READ_LABELS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "negative": 0, "positive": 1}
_ANSWER = re.compile("|".join(_LABELS))
_QUESTION = "Is the sentiment of this review positive or negative?"


class Sst2:
    """Stanford Sentiment Treebank, two classes (Socher et al., EMNLP 2013), as in GLUE (arXiv:1804.07461).

    A row of the hub: `{"idx": 0, "sentence": "…", "label": 1}`, 1 is positive. Hub test labels are -1.
    """

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "sst2"
    title: ClassVar[str] = "SST-2 (sentiment)"
    metric: ClassVar[str] = "accuracy"
    direction: ClassVar[Literal["maximise", "minimise"]] = "maximise"
    licence: ClassVar[str] = "Research use"
    training_allowed: ClassVar[bool] = True
    source: ClassVar[str] = "https://nlp.stanford.edu/sentiment/"
    hub_id: ClassVar[str] = "stanfordnlp/sst2"
    max_new_tokens: ClassVar[int] = 4
    editions: ClassVar[tuple[str, ...]] = ("mini", "full")
    splits: ClassVar[tuple[str, ...]] = ("train", "dev", "test")
    columns: ClassVar[Mapping[str, str]] = {
        "sentence": "the review, text",
        "label": "1 or positive, 0 or negative",
    }

    @classmethod
    def edition(cls, name: str) -> Edition:
        """`mini`, or `full` from tab-separated files. Raises RecipeError."""
        if name == "mini":
            return cls.mini()
        if name == "full":
            return cls._full()
        raise RecipeError("edition", name, "is not one of mini, full")

    @staticmethod
    def mini(seed: int = 0) -> Edition:
        """The generated edition; the seed of the shipped benchmark is 0."""
        return mini_rows.edition(seed)

    @classmethod
    def upstream(cls, folder: Path, split: str) -> tuple[Row, ...]:
        """One tab-separated file; its rows have `sentence` or `content`. Raises DataRefused."""
        file = importing.locate(folder, f"{split}.tsv")
        with file.open(encoding="utf-8", newline="") as lines:
            raw = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        named = [{"sentence": row.get("content"), **row} for row in raw]
        importing.with_columns(file.name, named, ("label", "sentence"))
        return importing.read(file.name, named, cls.row)

    @classmethod
    def predictions(cls, path: Path, rows: Sequence[Row]) -> Mapping[int, str | None]:
        """Upstream has no format of its own. Raises DataRefused."""
        raise DataRefused(path.name, "is not a .jsonl file, the only format of sst2")

    @staticmethod
    def part(row: Row) -> str:
        """Rows belong to no part."""
        return ""

    @classmethod
    def _full(cls) -> Edition:
        train, validation, test = (_published(f"{part}.tsv") for part in ("train", "dev", "test"))
        note = "The training split as published; phrases and whole sentences"
        source = Source(
            "train", "SST-2 train", cls.licence, cls.training_allowed, "en", note, train
        )
        return Edition("full", {source.name: source}, validation, test)

    @classmethod
    def facts(cls, edition: str = "mini") -> dict[str, Any]:
        """What pages and Researchers are told, as JSON."""
        found = cls.edition(edition)
        return {
            "name": cls.name,
            "title": cls.title,
            "metric": cls.metric,
            "direction": cls.direction,
            "edition": edition,
            "validation_rows": len(found.validation),
            "sources": [source.facts() for source in found.sources.values()],
        }

    @staticmethod
    def row(raw: Row) -> Row:
        """The sentence and its label. Raises RowRefused."""
        sentence, label = raw["sentence"], str(raw["label"]).strip().casefold()
        if not isinstance(sentence, str) or not sentence.strip():
            raise RowRefused("sentence", sentence, "is not text")
        if label not in _READ_LABELS:
            raise RowRefused("label", raw["label"], "is not 0, 1, negative or positive")
        return {"label": _READ_LABELS[label], "sentence": sentence}

    @staticmethod
    def text(row: Row) -> str:
        """The sentence."""
        return str(row["sentence"])

    @staticmethod
    def prompt(row: Row) -> list[Message]:
        """One user message with the question and the sentence."""
        return [{"role": "user", "content": f"{_QUESTION}\n{row['sentence']}"}]

    @staticmethod
    def target(row: Row) -> str:
        """`positive` or `negative`."""
        return _LABELS[row["label"]]

    @staticmethod
    def gold(row: Row) -> str:
        """`positive` or `negative`."""
        return _LABELS[row["label"]]

    @staticmethod
    def relabelled(row: Row, label: str) -> Row:
        """The row with `negative` or `positive` as its label."""
        return {**row, "label": _LABELS.index(label)}

    @staticmethod
    def alternatives(row: Row) -> list[str]:
        """The other label."""
        return [label for label in _LABELS if label != _LABELS[row["label"]]]

    @staticmethod
    def extract(text: str) -> str | None:
        """The first label in `text`, whatever its case."""
        found = _ANSWER.search(text.casefold())
        return found and found.group()


def _published(name: str) -> tuple[Row, ...]:
    """Raises RecipeError, DataRefused."""
    rows = []
    for number, raw in enumerate(tsv.read("sst2", name), start=1):
        try:
            rows.append(_row(raw))
        except (KeyError, TypeError, ValueError) as error:
            reason = f"row {number} has no label (a number) and sentence or content: {dict(raw)!r}"
            raise DataRefused(f"sst2/{name}", reason[:300]) from error
    return tuple(rows)


def _row(raw: Row) -> Row:
    """The published files call the sentence `content` in dev and test; labels are text."""
    return {"label": int(raw["label"]), "sentence": raw.get("sentence") or raw["content"]}
