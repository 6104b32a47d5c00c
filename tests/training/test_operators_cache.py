"""Prepared rows are reused where nothing that decides them has changed, and only there."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training.experiments import CLEAN, SHORT, events, run, spec
from tests.training.test_operators import around, make, row
from training.data import prepared
from training.errors import RecipeError
from training.operators import Count, build, prepare_cached
from training.recipe import Step

STEPS = (
    Step(use="load", params={"sources": ["fair"], "rows": 8}),
    Step(use="filter_length", params={"minimum": 1}),
)


def cached(folder: Path | None, *steps: Step, seed: int = 0) -> tuple[list[Any], list[Count]]:
    counts: list[Count] = []
    operators = build(steps or STEPS, lambda field: around(field, seed=seed, folder=folder))
    rows = prepare_cached(operators, counts.append, folder=folder, seed=seed, evaluation="e")
    return rows, counts


def entries(folder: Path) -> list[Path]:
    return sorted((folder / "rows").glob("*"))


def test_the_second_time_rows_and_counts_come_from_the_cache(tmp_path: Path) -> None:
    first, counts = cached(tmp_path)
    second, replayed = cached(tmp_path)

    assert first == second
    assert not any("cache" in count.note for count in counts)
    assert [count.note for count in replayed] == [
        f"{count.note} (from the cache)" for count in counts
    ]
    assert [vars(count) | {"note": "", "dropped": ()} for count in replayed] == [
        vars(count) | {"note": "", "dropped": ()} for count in counts
    ]


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "delete"])
def test_a_damaged_entry_is_computed_again_and_mended(damage: str, tmp_path: Path) -> None:
    rows, _ = cached(tmp_path)
    (entry,) = entries(tmp_path)
    whole = entry.read_bytes()
    middle = len(whole) // 2
    changed = {
        "flip": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "cut": whole[:middle],
        "empty": b"",
    }
    entry.unlink() if damage == "delete" else entry.write_bytes(changed[damage])

    again, counts = cached(tmp_path)

    assert again == rows
    assert not any("cache" in count.note for count in counts)
    assert entry.read_bytes() == whole


def test_another_seed_option_or_order_is_another_entry(tmp_path: Path) -> None:
    cached(tmp_path)
    cached(tmp_path, seed=1)
    cached(tmp_path, STEPS[0], Step(use="filter_length", params={"minimum": 2}))
    cached(tmp_path, STEPS[0])

    assert len(entries(tmp_path)) == 4


def test_a_changed_file_or_code_is_another_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = prepared.key(steps=list(make("load").outside()))
    other = prepared.key(steps=list(make("load", sources=["fair"], rows=None).outside()))
    monkeypatch.setattr(prepared, "_code_hash", lambda: "other code")

    # The options are hashed beside the content, so the same source has the same hash.
    assert one == other
    assert prepared.key(steps=list(make("load").outside())) != one


def test_nothing_is_cached_without_a_folder_or_when_files_are_left(tmp_path: Path) -> None:
    cached(None)
    cached(tmp_path, STEPS[0], Step(use="export"))
    _, counts = cached(tmp_path, STEPS[0], Step(use="export"))

    assert not (tmp_path / "rows").exists()
    assert not any("cache" in count.note for count in counts)


def test_a_failed_step_caches_nothing(tmp_path: Path) -> None:
    with pytest.raises(RecipeError):
        cached(tmp_path, Step(use="load", params={"sources": ["nowhere"]}))

    assert not (tmp_path / "rows").exists()


def test_rows_that_json_would_change_are_not_stored(tmp_path: Path) -> None:
    odd = {**row("a"), "when": {1, 2}}

    assert not prepared.store(tmp_path, "odd", rows=[odd], reports=[])
    assert not prepared.store(tmp_path, "odd", rows=[{"pair": (1, 2)}], reports=[])
    assert prepared.load(tmp_path, "odd") is None


def test_a_disk_that_refuses_costs_the_cache_and_not_the_run(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("a file where the folder should be", "utf-8")

    rows, _ = cached(tmp_path)

    assert len(rows) == 8


def test_a_second_run_takes_its_rows_from_the_cache_and_scores_the_same(tmp_path: Path) -> None:
    results = [
        run(tmp_path / name, spec(SHORT, data=(CLEAN,), cache=str(tmp_path / "cache")))[1]
        for name in ("one", "two")
    ]

    notes = [
        [event["note"] for event in events(tmp_path / name) if event["kind"] == "data"]
        for name in ("one", "two")
    ]
    assert notes[1] == [f"{note} (from the cache)" for note in notes[0]]
    assert json.dumps(results[0]["score"]) == json.dumps(results[1]["score"])
