"""The generated editions whose answers are written out: notes, calls and answers on law."""

import json
from functools import cache, partial
from importlib import import_module
from typing import Any

import pytest

from training import extensions
from training.data.catalogue import Row
from training.data.decontamination import Guard
from training.operators import Count, Surroundings, build, prepare
from training.recipe import Recipe, Step, complete

RIGHT = ("clean", "duplicated", "overlapping", "restricted")
WRITTEN = ("aci_bench", "gta", "lawbench")


def task(name: str) -> Any:
    return extensions.load(extensions.TASKS, name)


def rows(name: str, source: str) -> tuple[Row, ...]:
    found: tuple[Row, ...] = task(name).mini().sources[source].rows
    return found


@cache
def around(name: str) -> partial[Surroundings]:
    edition = task(name).mini()
    guard = Guard(task(name).text(row) for row in (*edition.validation, *edition.test))
    return partial(Surroundings, edition, task(name), guard, 0)


def kept(name: str, source: str) -> float:
    """Share of the rows of `source` that a recipe gets."""
    counts: list[Count] = []
    recipe = complete(Recipe(data=(Step(use="load", params={"sources": [source]}),)))
    prepare(build(recipe.data, around(name)), counts.append)
    return counts[-1].rows_out / counts[0].rows_out


def is_told(row: Row) -> bool:
    """Whether a call takes its arguments from what was said."""
    said = json.dumps(row["history"])
    return all(value.split()[-1] in said for value in row["call"]["arguments"].values())


def is_of_the_visit(row: Row) -> bool:
    """Whether a note has all sections, and body and times from the dialogue."""
    if [line for line in row["note"].split("\n") if line.isupper()] != ["HPI", "EXAM", "PLAN"]:
        return False
    _, _, part, count, unit, _, *_, weeks, _ = row["note"].replace(",", "").split()
    return all(word in row["dialogue"].split() for word in (part, count, unit, weeks))


def is_in_the_case(row: Row) -> bool:
    """Whether what an answer quotes stands in the question."""
    quoted = {"2-5": "回答:", "3-7": "金额:"}.get(row["subtask"])
    return quoted is None or row["answer"].removeprefix(quoted) in row["question"]


TRUE = {"aci_bench": is_of_the_visit, "gta": is_told, "lawbench": is_in_the_case}


@pytest.mark.parametrize("name", WRITTEN)
class TestEveryWrittenEdition:
    def test_the_guard_drops_what_leaked_and_little_else(self, name: str) -> None:
        leaked = kept(name, "overlapping")
        fair = [kept(name, source) for source in ("clean", "noisy", "off_domain", "duplicated")]

        assert 0.4 <= leaked <= 0.5
        assert min(fair) > 0.95

    def test_right_sources_are_right_and_the_noisy_one_often_is_not(self, name: str) -> None:
        noisy = [TRUE[name](row) for row in rows(name, "noisy")]

        assert all(TRUE[name](row) for source in RIGHT for row in rows(name, source))
        assert 0.1 < 1 - sum(noisy) / len(noisy) < 0.6

    def test_the_clean_source_lacks_what_the_benchmark_asks(self, name: str) -> None:
        def words(rows_: tuple[Row, ...]) -> set[str]:
            return {word for row in rows_ for word in task(name).text(row).split()}

        assert words(task(name).mini().validation) - words(rows(name, "clean"))

    def test_the_same_seed_makes_the_same_edition(self, name: str) -> None:
        again = import_module(f"training.ftbench.mini.{name}").edition.__wrapped__

        assert again(0) == task(name).mini(0)


def test_offered_tools_are_as_often_first_as_second() -> None:
    calls = task("gta").mini().validation
    first = sum(row["tools"][0]["name"] == row["call"]["name"] for row in calls)

    assert 70 <= first <= 130


def test_each_law_subtask_has_forty_rows_and_its_own_measure() -> None:
    validation = task("lawbench").mini().validation
    parts = [task("lawbench").part(row) for row in validation]

    assert {part: parts.count(part) for part in parts} == dict.fromkeys(
        ("2-4", "2-5", "3-3", "3-4", "3-7"), 40
    )
