"""The contract of every task and metric."""

import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from tests.serving import ROOT
from training import extensions
from training.data import models, tsv
from training.data.decontamination import Guard, normalise
from training.errors import DataRefused, RecipeError
from training.ftbench import hub
from training.ftbench.mini.sources import Pen

TASKS = extensions.names(extensions.TASKS)
METRICS = extensions.names(extensions.METRICS)
MINI = [name for name in TASKS if "mini" in extensions.load(extensions.TASKS, name).editions]

_LAW = ['{"subtask": "1-2", "answer": "B"}', '{"subtask": "2-7", "answer": "判决"}']
_MECHANISM = '[{"type": "radical", "intermediate_smiles": "C", "step_weight": 1.0}]'
_CALL = '{"name": "OCR", "arguments": {}}'
ANSWERS: dict[str, tuple[list[str | None], list[str]]] = {
    "lawbench": (["B", None, "C"], [_LAW[0], _LAW[1], _LAW[0]]),
    "omes": ([_MECHANISM, None, "[]"], [_MECHANISM] * 3),
    "tomg": (["CCO", None, "C"], ['{"subtask": "AtomNum", "counts": {"carbon": 2}}'] * 3),
    "tool_calls": ([_CALL, None, "{}"], [_CALL] * 3),
    "choice_or_entities": (["A", None, "B"], ["A", "A", "C"]),
}
"""Where a gold answer is more than a label: answers, the first right and one of them missing, and golds."""


def task(name: str) -> Any:
    return extensions.load(extensions.TASKS, name)


def no_hub(hub_id: str, columns: object, *, split: str) -> None:
    raise DataRefused(hub_id, "is not in the local cache")


@pytest.mark.parametrize("name", TASKS)
class TestEveryTask:
    def test_states_where_it_comes_from_and_on_what_terms(self, name: str) -> None:
        found = task(name)

        assert all((found.title, found.licence, found.source, found.splits, found.columns))
        assert found.name == name
        assert found.hub_id.count("/") == (1 if found.hub_id else 0)
        assert isinstance(found.training_allowed, bool)
        assert found.metric in METRICS

    def test_has_an_edition_and_says_plainly_which(self, name: str) -> None:
        assert set(task(name).editions) <= {"mini", "full"}
        assert "full" in task(name).editions
        if "mini" not in task(name).editions:
            with pytest.raises(RecipeError, match=r"edition='mini' .* has no mini edition"):
                task(name).edition("mini")

    def test_an_unknown_edition_is_named(self, name: str) -> None:
        with pytest.raises(RecipeError, match="edition='huge'"):
            task(name).edition("huge")

    def test_its_full_edition_says_where_the_files_are_missed(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(tsv.FOLDER, raising=False)
        # The hub itself cannot be reached from tests.
        monkeypatch.setattr(hub, "rows", no_hub)

        with pytest.raises(RecipeError, match=rf"needs {name}.* TREX_FTBENCH_DATA names"):
            task(name).edition("full")


@pytest.mark.parametrize("name", MINI)
class TestEveryMiniEdition:
    def test_facts_are_json_and_leave_rows_out(self, name: str) -> None:
        facts = task(name).facts()

        assert len(json.dumps(facts)) < 10_000
        assert {source["training_allowed"] for source in facts["sources"]} == {True, False}

    def test_gold_answers_score_one_and_empty_answers_nothing(self, name: str) -> None:
        rows = task(name).edition("mini").validation
        metric = extensions.load(extensions.METRICS, task(name).metric)
        golds = [task(name).gold(row) for row in rows]

        perfect = metric.score([task(name).extract(task(name).target(row)) for row in rows], golds)
        empty = metric.score([task(name).extract("") for _ in rows], golds)

        assert (perfect, empty) == (1.0, 0.0)

    def test_validation_and_test_rows_are_disjoint(self, name: str) -> None:
        edition = task(name).edition("mini")
        validation, test = (
            {normalise(task(name).text(row)) for row in rows}
            for rows in (edition.validation, edition.test)
        )

        assert len(validation) == len(edition.validation)
        assert not validation & test

    def test_only_the_source_that_says_so_holds_evaluation_rows(self, name: str) -> None:
        edition = task(name).edition("mini")
        guard = Guard(task(name).text(row) for row in (*edition.validation, *edition.test))
        shares = {
            source.name: sum(guard.overlaps(task(name).text(row)) for row in source.rows)
            / len(source.rows)
            for source in edition.sources.values()
        }

        assert shares.pop("overlapping") >= 0.5
        assert max(shares.values()) < 0.05

    def test_rows_are_what_the_task_reads(self, name: str) -> None:
        edition = task(name).edition("mini")
        sources = (source.rows for source in edition.sources.values())

        assert all(
            task(name).row(row) == row for rows in (*sources, edition.test) for row in rows[:200]
        )

    def test_answers_fit_into_the_room_that_models_get(self, name: str) -> None:
        edition = task(name).edition("mini")
        words = Tokenizer.from_file(str(models.resolve("trex-tiny") / "tokenizer.json"))
        answers = [task(name).target(row) for row in (*edition.validation, *edition.test)]

        longest = max(len(each.ids) for each in words.encode_batch(answers))

        # One more ends the answer.
        assert longest + 1 <= edition.answer_tokens(task(name).max_new_tokens) <= 256

    def test_another_seed_makes_other_rows(self, name: str) -> None:
        assert task(name).mini(seed=1).validation != task(name).mini(seed=2).validation


@pytest.mark.parametrize("name", METRICS)
class TestEveryMetric:
    def test_stays_in_its_range_and_its_interval_holds_the_score(self, name: str) -> None:
        metric = extensions.load(extensions.METRICS, name)
        answers, golds = ANSWERS.get(name, (["a", None, "b"], ["a", "a", "b"]))

        low, high = metric.interval(answers, golds)

        assert metric.range[0] <= low <= metric.score(answers, golds) <= high <= metric.range[1]
        assert metric.direction in ("maximise", "minimise")

    def test_gives_each_row_a_score_in_its_range_and_nothing_for_no_answer(
        self, name: str
    ) -> None:
        metric = extensions.load(extensions.METRICS, name)
        answers, golds = ANSWERS.get(name, (["a", None, "b"], ["a", "a", "b"]))

        rows = metric.rows(answers, golds)

        assert len(rows) == len(golds)
        assert rows[answers.index(None)] == 0.0
        assert rows[0] == 1.0
        assert all(metric.range[0] <= row <= metric.range[1] for row in rows)

    def test_refuses_answers_of_other_rows(self, name: str) -> None:
        answers, golds = ANSWERS.get(name, (["a", None, "b"], ["a", "a", "b"]))

        with pytest.raises(ValueError, match=r"predictions for|shorter|longer"):
            extensions.load(extensions.METRICS, name).score(answers, golds[:1])

    def test_refuses_to_score_nothing(self, name: str) -> None:
        with pytest.raises(ValueError, match="no rows"):
            extensions.load(extensions.METRICS, name).score([], [])


def test_accuracy_interval_is_wilsons() -> None:
    answers, golds = ["a"] * 81 + ["b"] * 182, ["a"] * 263

    low, high = extensions.load(extensions.METRICS, "accuracy").interval(answers, golds)

    # Newcombe, 1998, Statistics in Medicine 17, 857-872, table I: 81 of 263, method 3.
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize(
    ("text", "label"),
    [("Positive.", "positive"), ("it is negative", "negative"), ("no idea", None), ("", None)],
)
def test_sst2_finds_the_label_in_an_answer(text: str, label: str | None) -> None:
    assert task("sst2").extract(text) == label


def test_full_sst2_is_read_from_published_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sst2").mkdir()
    for name, column in (("train", "sentence"), ("dev", "content"), ("test", "content")):
        (tmp_path / "sst2" / f"{name}.tsv").write_text(
            f'label\t{column}\n1\ta "fine {name} film\n', "utf-8"
        )
    monkeypatch.setenv(tsv.FOLDER, str(tmp_path))

    edition = task("sst2").edition("full")

    assert edition.validation == ({"label": 1, "sentence": 'a "fine dev film'},)
    assert edition.sources["train"].rows[0]["sentence"] == 'a "fine train film'


def test_full_sst2_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(tsv.FOLDER, raising=False)

    with pytest.raises(
        RecipeError, match=r"needs sst2/train\.tsv in the folder that TREX_FTBENCH_DATA names"
    ):
        task("sst2").edition("full")


@pytest.mark.parametrize("name", TASKS)
def test_the_page_about_tasks_states_metric_licence_and_splits(name: str) -> None:
    page = (ROOT / "docs" / "ftbench.md").read_text("utf-8")
    line = next(each for each in page.splitlines() if each.startswith(f"| `{name}` | "))

    found = task(name)
    assert f"| `{found.metric}` | {found.licence} |" in line
    assert all(f"`{split}`" in line for split in found.splits)
    assert ("| yes |" in line) == found.training_allowed
    assert found.hub_id in line
    assert f"* `{found.metric}`: " in page


def test_a_generator_that_has_no_more_distinct_rows_says_so() -> None:
    pen = Pen("sst2", 0, "few", text=lambda row: str(row["sentence"]))

    with pytest.raises(ValueError, match="1 of the distinct rows"):
        list(pen.rows(3, lambda draw: {"sentence": draw.choice(["good", "bad"])}))
