"""Options, single changes and what they are worth."""

import pytest

from agents.search.judge import judge
from agents.search.means import MAX_EFFORT, Means
from agents.search.memory import remember
from agents.search.moves import moves
from agents.search.options import options
from agents.search.recipes import going_on, param, sources
from tests.agents.trees import SCHEMAS, TASK, fingerprint, recipe, tree_of, trial
from training import extensions

MEANS = Means.of(TASK, SCHEMAS)


def labels(made):
    return {move.label for move in moves(made, MEANS)}


@pytest.mark.parametrize(
    ("name", "value", "refusal"),
    [
        ("lora_r", 0, "lora_r=0 is not in 1..512"),
        ("lora_r", True, "lora_r=True is not of type integer"),
        ("learning_rate", "fast", "learning_rate='fast' is not of type number"),
        ("num_train_epochs", 0, "num_train_epochs=0 is not > 0 and ≤ 1000"),
        ("tuner", "both", "tuner='both' is not one of full, lora"),
        ("learning_rate", 1, ""),
        ("tuner", "lora", ""),
    ],
)
def test_a_refusal_says_what_would_be_right(name, value, refusal):
    assert options(SCHEMAS["methods.sft"])[name].refusal(value) == refusal


def test_an_optional_value_may_be_null():
    rows = options(SCHEMAS["operators.load"])["rows"]
    assert [rows.refusal(value) == "" for value in (None, 5, 0)] == [True, True, False]


def test_enums_are_found_behind_references():
    schema = {
        "$defs": {"T": {"enum": ["a"], "type": "string"}},
        "properties": {"t": {"$ref": "#/$defs/T"}},
    }
    assert options(schema)["t"].choices == ("a",)


def test_every_move_is_valid_and_changes_the_recipe():
    start = recipe("clean", "noisy", tuner="lora")
    made = [move.apply(start) for move in moves(start, MEANS)]
    assert len({fingerprint(one) for one in [start, *made]}) == len(made) + 1


def test_options_without_effect_are_left_alone():
    assert not any("lora_r" in label or "epochs" in label for label in labels(recipe()))
    assert "set lora_r 16→32" in labels(recipe(tuner="lora"))
    assert "set num_train_epochs 3→6" in labels(recipe(max_steps=-1))


def test_no_move_trains_more_than_the_limit():
    for move in moves(recipe(max_steps=300), MEANS):
        assert MEANS.effort(move.apply(recipe(max_steps=300))) <= MAX_EFFORT
    assert "set max_steps 300→600" not in labels(recipe(max_steps=300))


def test_a_move_out_of_range_is_not_made():
    assert not any(
        "learning_rate 1→" in label and "→3" in label
        for label in labels(recipe(learning_rate=1.0))
    )


def test_the_same_mix_is_the_same_recipe():
    added = [sources(move.apply(recipe("noisy"))) for move in moves(recipe("noisy"), MEANS)]
    assert ("clean", "noisy") in added


def test_only_options_of_the_schemas_are_touched():
    bare = Means.of({"sources": []}, {"methods.sft": {"properties": {}}})
    assert [move.field for move in moves({"data": [], "training": {"use": "sft"}}, bare)] == [
        "start_from",
        "seed",
    ]


def test_evidence_outweighs_the_prior():
    tree = tree_of(
        trial(1, score=0.8, recipe=recipe()),
        trial(2, 1, 0.6, recipe=recipe(learning_rate=3e-3)),
        trial(3, 1, state="failed", recipe=recipe(tuner="lora")),
    )
    worth = {
        move.label: judge(
            recipe(), move.apply(recipe()), prior=move.prior, memory=remember(tree), unit=0.3
        ).worth
        for move in moves(recipe(), MEANS)
    }
    assert worth["set learning_rate 0.001→0.003"] < 0 < worth["set learning_rate 0.001→0.0003"]
    assert worth["set tuner full→lora"] < worth["add noisy"]
    assert min(worth, key=worth.get) == "repeat with seed 1"


def test_the_real_extensions_are_understood():
    schemas = {
        f"{package.rpartition('.')[2]}.{name}": extensions.schema(package, name)
        for package in (extensions.OPERATORS, extensions.METHODS)
        for name in extensions.names(package)
    }
    means = Means.of(TASK, schemas)
    start = means.add_step(means.start(), "load", {"sources": ["clean"]})
    assert param(start, "tuner") in ("full", "lora")
    assert len(moves(start, means)) > 8


def test_a_longer_training_that_goes_on_takes_the_missing_steps_only():
    before = recipe(max_steps=100)

    after = going_on(before, recipe(max_steps=300))

    assert (after["start_from"], param(after, "max_steps")) == ("parent", 200)


def test_the_first_change_that_goes_on_takes_half_the_steps_and_the_next_ones_as_many():
    before = recipe(max_steps=100)

    first = going_on(before, recipe(max_steps=100, learning_rate=0.5))
    second = going_on(first, first)

    assert [param(each, "max_steps") for each in (first, second)] == [50, 50]


def test_what_the_parent_learned_is_kept_by_additions_and_other_paces_only():
    made = recipe("clean", "noisy", max_steps=100)
    keeping = {move.label for move in moves(made, MEANS) if move.keeps_learned}

    assert {"set max_steps 100→200", "add duplicated"} <= keeping
    assert not {"set max_steps 100→50", "drop noisy", "add dedupe_exact"} & keeping
    assert not any(label.startswith(("set tuner", "repeat with seed")) for label in keeping)


def test_what_no_machine_here_has_counts_against_every_way_to_it():
    failed = trial(2, 1, state="failed", recipe=recipe(tuner="lora"))
    tree = tree_of(trial(1, score=0.8, recipe=recipe()), failed)
    here = recipe(tuner="dora")

    verdict = judge(here, recipe(tuner="lora"), prior=0.05, memory=remember(tree), unit=0.3)

    assert verdict.worth < 0
    assert "tuner full→lora failed in node 2" in verdict.evidence
