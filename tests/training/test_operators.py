"""The contract of every data operator, and what each one promises."""

from collections.abc import Iterator
from typing import Any

import pytest

from training import extensions
from training.data.catalogue import Edition, Row, Source
from training.data.decontamination import Guard
from training.errors import LicenceRefused, RecipeError
from training.operators import Count, Surroundings, build, prepare
from training.recipe import Step

PARAMS: dict[str, dict[str, Any]] = {
    "load": {"sources": ["fair"], "rows": 5},
    "sample": {"rows": 4},
    "filter_length": {"minimum": 2},
}


def row(sentence: str, label: int = 1) -> Row:
    return {"sentence": sentence, "label": label}


def source(name: str, rows: list[Row], *, allowed: bool = True) -> Source:
    licence = "MIT" if allowed else "No training"
    return Source(name, name.title(), licence, allowed, "en", "", tuple(rows))


def around(field: str = "data.0.x", *, seed: int = 0) -> Surroundings:
    fair = source(
        "fair", [row(f"sentence number {place}", place % 3 and 1) for place in range(12)]
    )
    closed = source("closed", [row("a closed row")], allowed=False)
    edition = Edition(
        "mini", {"fair": fair, "closed": closed}, (row("a sealed sentence to keep"),), ()
    )
    guard = Guard(["a sealed sentence to keep", "one two three four five six seven eight nine"])
    return Surroundings(
        edition, lambda it: str(it["sentence"]), lambda it: str(it["label"]), guard, seed, field
    )


def apply(use: str, rows: list[Row], /, *, seed: int = 0, **params: Any) -> list[Row]:
    operator = build(Step(use=use, params=PARAMS.get(use, {}) | params), around(seed=seed))
    return list(operator.apply(iter(rows)))


@pytest.mark.parametrize("use", extensions.names(extensions.OPERATORS))
class TestEveryOperator:
    def test_gives_the_same_rows_for_the_same_seed(self, use: str) -> None:
        rows = [row(f"sentence {place} of many", place % 2) for place in range(20)]

        assert apply(use, rows, seed=7) == apply(use, rows, seed=7)

    def test_accepts_no_rows(self, use: str) -> None:
        rows = apply(use, [])

        assert rows == [] or use == "load"

    def test_leaves_its_input_unchanged(self, use: str) -> None:
        rows = [row("one of two", 0), row("two of two", 1)]

        apply(use, rows)

        assert rows == [row("one of two", 0), row("two of two", 1)]

    def test_is_counted(self, use: str) -> None:
        counts: list[Count] = []
        step = Step(use=use, params=PARAMS.get(use, {}))

        rows = prepare([step], around=around, report=counts.append)

        assert [count.operator for count in counts] == [use, "decontaminate"]
        assert counts[0].rows_out == counts[1].rows_in
        assert counts[-1].rows_out == len(rows)

    def test_documents_every_option(self, use: str) -> None:
        properties = extensions.schema(extensions.OPERATORS, use).get("properties", {})

        assert all(option.get("description") for option in properties.values())

    def test_refuses_an_unknown_option(self, use: str) -> None:
        with pytest.raises(RecipeError, match="surprise"):
            extensions.parse(extensions.OPERATORS, use, '{"surprise": 1}', field="data.0")


def test_another_seed_draws_other_rows() -> None:
    rows = [row(f"sentence {place}") for place in range(50)]

    assert apply("sample", rows, seed=1, rows=10) != apply("sample", rows, seed=2, rows=10)


def test_load_adds_to_the_rows_before_it() -> None:
    rows = apply("load", [row("first")], rows=None)

    assert len(rows) == 13
    assert rows[0] == row("first")


def test_load_names_the_field_of_an_unknown_source() -> None:
    with pytest.raises(
        RecipeError, match=r"data\.0\.x\.sources='nowhere' is not one of fair, closed"
    ):
        apply("load", [], sources=["nowhere"])


def test_load_refuses_a_source_whose_licence_forbids_training() -> None:
    with pytest.raises(LicenceRefused) as refused:
        apply("load", [], sources=["fair", "closed"])

    assert (refused.value.field, refused.value.value) == ("data.0.x.sources", "closed")
    assert "No training" in str(refused.value)


def test_dedupe_ignores_case_and_punctuation() -> None:
    rows = apply("dedupe_exact", [row("A fine film."), row("a fine film"), row("a dull film")])

    assert [each["sentence"] for each in rows] == ["A fine film.", "a dull film"]


def test_dedupe_by_label_keeps_rows_that_disagree() -> None:
    rows = [row("a film", 0), row("a film", 1), row("a film", 1)]

    assert apply("dedupe_exact", rows, by="text_and_label") == rows[:2]


@pytest.mark.parametrize(("unit", "kept"), [("words", ["one two"]), ("characters", ["one"])])
def test_filter_length_counts_in_its_unit(unit: str, kept: list[str]) -> None:
    rows = [row("one"), row("one two")]

    found = apply("filter_length", rows, unit=unit, minimum=2, maximum=6)

    assert [each["sentence"] for each in found] == kept


def test_balance_gives_every_label_as_many_rows() -> None:
    rows = [row(f"good {place}", 1) for place in range(9)] + [row("bad", 0)]

    assert [
        len(list(apply("balance", rows, mode=mode))) for mode in ("downsample", "upsample")
    ] == [2, 18]


def test_decontamination_drops_equal_and_overlapping_rows() -> None:
    leaks = ["A sealed sentence, to keep!", "one two three four five six seven eight nine ten"]

    assert apply("decontaminate", [row(text) for text in [*leaks, "a fair sentence"]]) == [
        row("a fair sentence")
    ]


def test_decontamination_runs_last_though_no_recipe_names_it() -> None:
    counts: list[Count] = []

    prepare([], around=around, report=counts.append)

    assert [count.operator for count in counts] == ["decontaminate"]


def test_rows_are_read_as_a_stream() -> None:
    def endless() -> Iterator[Row]:
        while True:
            yield row("two words")

    operator = build(Step(use="filter_length"), around())

    assert next(iter(operator.apply(endless()))) == row("two words")
