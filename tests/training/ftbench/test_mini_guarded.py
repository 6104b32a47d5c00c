"""What a recipe gets of the generated editions whose rows are formulas or formulaic: the guard must tell them apart."""

from functools import cache
from importlib import import_module
from typing import Any

import pytest

from training import extensions
from training.data.decontamination import Guard
from training.errors import LicenceRefused
from training.operators import Count, Surroundings, build, prepare
from training.recipe import Recipe, Step, complete

TASKS = ("econlogicqa", "omebench", "tomg_bench")
FAIR = ("clean", "noisy", "off_domain", "duplicated")


def task(name: str) -> Any:
    return extensions.load(extensions.TASKS, name)


@cache
def guard(name: str) -> Guard:
    edition = task(name).mini()
    return Guard(task(name).text(row) for row in (*edition.validation, *edition.test))


def loaded(name: str, source: str) -> tuple[int, int]:
    """Rows of `source` before and after the guard."""
    counts: list[Count] = []

    def around(field: str) -> Surroundings:
        return Surroundings(task(name).mini(), task(name), guard(name), 0, field)

    recipe = complete(Recipe(data=(Step(use="load", params={"sources": [source]}),)))
    prepare(build(recipe.data, around), counts.append)
    return counts[-1].rows_in, counts[-1].rows_out


@pytest.mark.parametrize("name", TASKS)
class TestEveryFormulaicEdition:
    def test_the_guard_drops_what_leaked_and_little_else(self, name: str) -> None:
        before, after = loaded(name, "overlapping")

        fair = sum(len(task(name).mini().sources[each].rows) for each in FAIR)
        kept = sum(loaded(name, each)[1] for each in FAIR)
        assert 0.4 <= after / before <= 0.6
        assert kept >= 0.97 * fair

    def test_the_restricted_source_is_refused_with_its_licence(self, name: str) -> None:
        with pytest.raises(LicenceRefused, match="may not be trained on: Evaluation only"):
            loaded(name, "restricted")

    def test_the_same_seed_makes_the_same_edition(self, name: str) -> None:
        again = import_module(f"training.ftbench.mini.{name}").edition.__wrapped__

        assert again(0) == task(name).mini(0)
        assert again(1) == task(name).mini(1)
