"""Scores what a model wrote for a split of a benchmark, from files; needs no model, and no torch."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from training import extensions
from training.data.catalogue import Row
from training.errors import DataRefused, RecipeError
from training.ftbench import Metric, Task, importing

Written = Mapping[int, str | None]
"""What a model wrote, by the row's place in the split; None where the row is left out."""


def score(task_name: str, *, data: Path, split: str, predictions: Path) -> dict[str, Any]:
    """Score, scores of the benchmark's parts, and rows, as JSON.

    data: folder with upstream's files. split: upstream's name of it. predictions: a file or folder in upstream's format,
    or JSON lines with `row` (place in the split, from 0) and `prediction`.
    Parts without any prediction are named in `missing`, and rows left out counted in `left_out`.
    Raises RecipeError, DataRefused, MissingLibrary.
    """
    task: type[Task] = extensions.load(extensions.TASKS, task_name)
    if split not in task.splits:
        raise RecipeError("split", split, f"is not one of {', '.join(task.splits)}")
    rows = task.upstream(data, split)
    written = _written(task, predictions, rows=rows)
    parts = _parts(task, rows)
    known = {
        part: places for part, places in parts.items() if not written.keys().isdisjoint(places)
    }
    _check_complete(predictions.name, known, written)
    missing = [part for part in parts if part not in known]
    return {
        "task": task.name,
        **_scored(task, rows, written=written, places=sorted(chain(*known.values()))),
        "subscores": {
            part: _scored(task, rows, written=written, places=places)
            for part, places in known.items()
            if part
        },
        **({"missing": missing} if missing else {}),
    }


def _written(task: type[Task], path: Path, *, rows: Sequence[Row]) -> Written:
    if not path.exists():
        raise DataRefused(str(path), "does not exist")
    return _lines(path, len(rows)) if path.suffix == ".jsonl" else task.predictions(path, rows)


def _lines(path: Path, count: int) -> Written:
    written: dict[int, str] = {}
    for number, line in enumerate(importing.json_lines(path, ("row", "prediction")), start=1):
        place, text = line["row"], line["prediction"]
        if type(place) is not int or not 0 <= place < count:
            raise DataRefused(path.name, f"row {number}: row={place!r} is not in 0..{count - 1}")
        if place in written:
            raise DataRefused(path.name, f"row {number}: row={place} is there twice")
        if not isinstance(text, str):
            raise DataRefused(path.name, f"row {number}: prediction={text!r} is not text")
        written[place] = text
    return written


def _parts(task: type[Task], rows: Sequence[Row]) -> dict[str, list[int]]:
    parts: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        parts.setdefault(task.part(row), []).append(place)
    return parts


def _check_complete(name: str, parts: Mapping[str, list[int]], written: Written) -> None:
    if all(text is None for text in written.values()):
        raise DataRefused(name, "holds no prediction for a row of the split")
    lacking = [place for places in parts.values() for place in places if place not in written]
    if lacking:
        reason = f"has no prediction for {len(lacking)} rows, the first is row={lacking[0]}"
        raise DataRefused(name, reason)


def _scored(
    task: type[Task], rows: Sequence[Row], *, written: Written, places: Sequence[int]
) -> dict[str, Any]:
    metric: type[Metric] = extensions.load(extensions.METRICS, task.metric)
    texts = {place: text for place in places if (text := written[place]) is not None}
    answers = [task.extract(text) for text in texts.values()]
    golds = [task.gold(rows[place]) for place in texts]
    found = {"score": metric.score(answers, golds), **metric.measures(answers, golds)}
    left_out = {"left_out": len(places) - len(texts)} if len(places) > len(texts) else {}
    return {**found, "rows": len(texts), **left_out}
