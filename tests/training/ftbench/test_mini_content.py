"""Whether the rows of generated editions are what their sources say: judged by RDKit, and by reading the events."""

import re
from typing import Any

import pytest

from training import extensions
from training.data.catalogue import Row
from training.ftbench import molecules

RIGHT = ("clean", "off_domain", "duplicated", "overlapping", "restricted")
SEEDS = (0, 1)
PLACES = (
    "first|at first|to begin with",
    "then|second|next",
    "later|third|after a while",
    "last|finally|in the end",
)
WEEKS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"


def task(name: str) -> Any:
    return extensions.load(extensions.TASKS, name)


def raw_molecule(row: Row) -> Row:
    names = {"SubTask": "subtask", "Instruction": "instruction", "molecule": "answer"}
    return {column: row[ours] for column, ours in names.items()}


def success(rows: list[Row]) -> list[float]:
    metric = extensions.load(extensions.METRICS, "tomg")
    found: list[float] = metric.rows(
        [row["answer"] for row in rows], [task("tomg_bench").gold(row) for row in rows]
    )
    return found


def place(event: str) -> int:
    """Where an event stands in time, by its words."""
    for found, words in enumerate(PLACES):
        if re.search(rf"^({words}) \w+ \w+$|^\w+ \w+ ({words})$", event):
            return found
    for names in (WEEKS, MONTHS):
        if told := re.search(rf"\bin (week )?({names})\b", event):
            return names.split("|").index(told.group(2))
    raise AssertionError(f"{event!r} tells no place in time")


def in_order(row: Row) -> str:
    return ", ".join(sorted("ABCD", key=lambda letter: place(row[letter].lower().rstrip(" ."))))


@pytest.mark.parametrize("seed", SEEDS)
class TestMiniTomgBench:
    def test_answers_are_what_was_asked_for(self, seed: int) -> None:
        edition = task("tomg_bench").mini(seed)

        for name in RIGHT:
            assert set(success(list(edition.sources[name].rows))) == {1.0}, name

    def test_about_a_quarter_of_the_noisy_answers_are_wrong(self, seed: int) -> None:
        scores = success(list(task("tomg_bench").mini(seed).sources["noisy"].rows))

        assert 0.7 < sum(scores) / len(scores) < 0.8

    def test_instructions_ask_for_what_is_scored(self, seed: int) -> None:
        edition = task("tomg_bench").mini(seed)
        rows = [row for each in edition.sources.values() for row in each.rows]

        for row in (*rows, *edition.validation, *edition.test):
            assert task("tomg_bench").row(raw_molecule(row)) == row

    @pytest.mark.xfail(
        strict=True, reason="the constant answer OCCN scores 0.38, so the edition is not offered"
    )
    def test_no_single_answer_does_for_every_instruction(self, seed: int) -> None:
        rows = task("tomg_bench").mini(seed).validation
        golds = [task("tomg_bench").gold(row) for row in rows]
        metric = extensions.load(extensions.METRICS, "tomg")

        for answer in ("C", "CCO", "OCCN", "OCCCCS", "CCCCCCCCCC"):
            assert metric.score([answer] * len(golds), golds) < 0.25


@pytest.mark.parametrize("seed", SEEDS)
class TestMiniOmeBench:
    def test_every_molecule_is_one(self, seed: int) -> None:
        edition = task("omebench").mini(seed)
        rows = [row for each in edition.sources.values() for row in each.rows]

        written = {
            smiles
            for row in (*rows, *edition.validation, *edition.test)
            for smiles in (
                *row["reactants_smiles"],
                *row["products_smiles"],
                *(step["intermediate_smiles"] for step in row["mechanism"]),
            )
        }

        assert [smiles for smiles in written if molecules.parse(smiles) is None] == []

    def test_rows_are_those_of_the_importer(self, seed: int) -> None:
        rows = task("omebench").mini(seed).validation

        assert [task("omebench").row(row) for row in rows] == list(rows)

    def test_right_mechanisms_end_in_a_product_and_the_noisy_ones_often_do_not(
        self, seed: int
    ) -> None:
        shares = {
            name: sum(
                row["mechanism"][-1]["intermediate_smiles"] in row["products_smiles"]
                for row in each.rows
            )
            / len(each.rows)
            for name, each in task("omebench").mini(seed).sources.items()
        }

        assert {shares[name] for name in RIGHT} == {1.0}
        assert 0.5 < shares["noisy"] < 0.7


@pytest.mark.parametrize("seed", SEEDS)
class TestMiniEconLogicQa:
    def test_the_words_of_the_events_tell_the_order(self, seed: int) -> None:
        edition = task("econlogicqa").mini(seed)
        right = [row for name in RIGHT for row in edition.sources[name].rows]

        for row in (*right, *edition.validation, *edition.test):
            assert row["Answer"] == in_order(row)

    def test_noisy_orders_are_often_wrong(self, seed: int) -> None:
        rows = task("econlogicqa").mini(seed).sources["noisy"].rows

        assert 0.5 < sum(row["Answer"] == in_order(row) for row in rows) / len(rows) < 0.7

    def test_rows_are_those_of_the_importer(self, seed: int) -> None:
        rows = task("econlogicqa").mini(seed).validation

        assert [task("econlogicqa").row(row) for row in rows] == list(rows)
