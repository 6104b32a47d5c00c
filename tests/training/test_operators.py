"""The contract of every data operator, and what each one promises."""

import json
from collections.abc import Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from tests.training.askers import FakeAsker
from tests.training.experiments import spec
from training import extensions
from training.data import models
from training.data.catalogue import Edition, Row, Source
from training.data.decontamination import Guard
from training.errors import EmptyData, LicenceRefused, RecipeError
from training.operators import Count, Operator, Surroundings, build, prepare, refuse_empty
from training.oracle import LocalOracle
from training.recipe import Step, TrainedNode

PARAMS: dict[str, dict[str, Any]] = {
    "load": {"sources": ["fair"], "rows": 5},
    "sample": {"rows": 4},
    "filter_length": {"minimum": 2},
    "relabel": {"node": 1},
}


def row(sentence: str, label: int = 1) -> Row:
    return {"sentence": sentence, "label": label}


def source(name: str, rows: list[Row], *, allowed: bool = True) -> Source:
    licence = "MIT" if allowed else "No training"
    return Source(name, name.title(), licence, allowed, "en", "", tuple(rows))


SST2 = extensions.load(extensions.TASKS, "sst2")
LONG = " ".join(f"long{place}" for place in range(13))
SEALED = ["a sealed sentence to keep", "one two three four five six seven eight nine"]


@cache
def oracle() -> LocalOracle:
    """Of trex-tiny, which stands for the model of node 1 too."""
    base = models.resolve("trex-tiny")
    nodes = {1: TrainedNode(identity="one", folder=str(base))}
    return LocalOracle(spec(nodes=nodes), base, lambda kind, **fields: None)


def around(field: str = "data.0.x", *, seed: int = 0, folder: Path | None = None) -> Surroundings:
    fair = source(
        "fair", [row(f"sentence number {place}", min(1, place % 3)) for place in range(12)]
    )
    closed, hollow = source("closed", [row("a closed row")], allowed=False), source("hollow", [])
    sources = {each.name: each for each in (fair, closed, hollow)}
    edition = Edition("mini", sources, (row(SEALED[0]),), ())
    base = models.resolve("trex-tiny")
    guard = Guard(SEALED)
    return Surroundings(
        edition, SST2, guard, seed, field, base, folder, asker=FakeAsker(), oracle=oracle()
    )


def make(use: str, /, *, seed: int = 0, folder: Path | None = None, **params: Any) -> Operator:
    raw = json.dumps(PARAMS.get(use, {}) | params)
    complete = extensions.parse(extensions.OPERATORS, use, raw, field="data.0")
    step = Step(use=use, params=complete.model_dump(mode="json"))
    return build([step], lambda field: around("data.0.x", seed=seed, folder=folder))[0]


def apply(use: str, rows: list[Row], /, **options: Any) -> list[Row]:
    return list(make(use, **options).apply(iter(rows)))


def texts(rows: Iterable[Row]) -> list[str]:
    return [each["sentence"] for each in rows]


@pytest.mark.parametrize("use", extensions.names(extensions.OPERATORS))
class TestEveryOperator:
    def test_gives_the_same_rows_for_the_same_seed(self, use: str, tmp_path: Path) -> None:
        rows = [row(f"sentence {place} of many", place % 2) for place in range(20)]

        one, other = (apply(use, rows, seed=7, folder=tmp_path) for _ in range(2))

        assert one == other

    def test_accepts_no_rows(self, use: str, tmp_path: Path) -> None:
        rows = apply(use, [], folder=tmp_path)

        assert rows == [] or use == "load"

    def test_leaves_its_input_unchanged(self, use: str, tmp_path: Path) -> None:
        rows = [row("one of two", 0), row("two of two", 1)]

        apply(use, rows, folder=tmp_path)

        assert rows == [row("one of two", 0), row("two of two", 1)]

    def test_is_counted_and_shows_what_it_dropped(self, use: str, tmp_path: Path) -> None:
        counts: list[Count] = []
        steps = [
            Step(use="load", params={"sources": ["fair"]}),
            Step(use=use, params=PARAMS.get(use, {})),
        ]

        rows = prepare(build(steps, partial(around, folder=tmp_path)), counts.append)

        assert [count.operator for count in counts] == ["load", use, "decontaminate"]
        assert counts[1].rows_in == 12
        assert all(len(text) <= 200 for text in counts[1].dropped)
        assert len(counts[1].dropped) <= 5
        assert counts[1].rows_out == counts[2].rows_in
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
        RecipeError, match=r"data\.0\.x\.sources='nowhere' is not one of fair, closed, hollow"
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

    prepare(build([], around), counts.append)

    assert [count.operator for count in counts] == ["decontaminate"]


def test_rows_are_read_as_a_stream() -> None:
    def endless() -> Iterator[Row]:
        while True:
            yield row("two words")

    operator = make("filter_length")

    assert next(iter(operator.apply(endless()))) == row("two words")


def test_a_drop_is_shown_with_its_reason_and_cut_to_200_characters() -> None:
    operator = make("filter_length", maximum=3)
    list(operator.apply([row("word " * 100), row(""), *[row("one two three four")] * 9]))

    first, second, *rest = operator.drops.samples()

    assert (first[:15], len(first), second) == ("too long: word ", 200, "too short:")
    assert len(rest) == 3
    assert operator.note == "11 rows dropped (10 too long, 1 too short)"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("A sealed sentence, to keep!", "equal"),
        (f"{LONG} and a tail that nobody else has written in this way ever before", "13-gram"),
        ("one two three four five six seven eight nope nope", "6-gram"),
        ("one two three four five six seven eight and", "8-gram"),
        ("zero one two three four five nil six seven eight nine", ""),
        ("quite another sentence", ""),
    ],
)
def test_the_guard_says_how_a_text_overlaps(text: str, reason: str) -> None:
    assert Guard([*SEALED, LONG]).reason(text).startswith(reason)
    assert Guard([*SEALED, LONG]).overlaps(text) == bool(reason)


def test_the_guard_finds_near_duplicates_by_minhash() -> None:
    words = [f"w{place}" for place in range(60)]
    near = [word if place % 20 != 5 else "changed" for place, word in enumerate(words)]
    guard = Guard([" ".join(words)])
    guard._grams = {size: set() for size in guard._grams}  # leave MinHash alone to find it

    assert "MinHash" in guard.reason(" ".join(near))
    assert guard.reason(" ".join(words[:30] + near[::-1])) == ""


def test_a_recipe_that_decontamination_empties_is_refused_with_step_and_counts() -> None:
    counts = [Count("load", 0, 3, ""), Count("decontaminate", 3, 0, "3 equal")]

    with pytest.raises(EmptyData, match=r"data\.1\.decontaminate left 0 of 3 rows \(3 equal\)"):
        refuse_empty(counts)


def test_a_recipe_that_loads_nothing_is_refused() -> None:
    with pytest.raises(EmptyData, match=r"train on\. No step loads a row"):
        refuse_empty([Count("decontaminate", 0, 0, "")])
