"""What the rule-based Researcher reads, says and prefers."""

import random

import pytest

from agents.ports import Request
from agents.researchers.rules import Rules
from agents.search.ideas import Idea, continued
from agents.search.recipes import param, sources, step
from tests.agents.trees import SCHEMAS, TASK, fingerprint, recipe, tree_of, trial
from training.errors import RecipeError


def ask(tree, node, *, instruction="", count=3, check=fingerprint, reuse=False):
    said = []
    request = Request(
        tree,
        node,
        count,
        TASK,
        SCHEMAS,
        random.Random(0),
        instruction,
        reuse=reuse,
        exactly=bool(instruction),
        fingerprint=check,
    )
    proposals = Rules(Rules.Params()).propose(request, said.append)
    return [proposal.recipe for proposal in proposals], "".join(said)


@pytest.fixture
def tree():
    return tree_of(
        trial(1, score=0.70, recipe=recipe()),
        trial(2, 1, 0.80, recipe=recipe("clean", "noisy")),
        trial(3, 1, 0.78, recipe=recipe(learning_rate=3e-3)),
        trial(4, 1, state="failed", failure="loss=nan\nat step 5", recipe=recipe(tuner="lora")),
    )


def test_starting_points_differ_in_data_and_training():
    recipes, said = ask(tree_of(), 0)
    assert len({sources(one) for one in recipes}) == 3
    assert {param(one, "tuner") for one in recipes} == {"full", "lora"}
    assert (
        "I skip `restricted`, because its licence (No training) does not allow training." in said
    )


def test_gentle_starting_points_come_first_after_a_diverging_loss():
    recipes, _ = ask(tree_of(trial(1, state="failed", failure="loss=nan at step 5")), 0)
    assert {param(one, "learning_rate") for one in recipes} == {3e-4}


def test_evidence_is_named_with_nodes_and_numbers(tree):
    _, said = ask(tree, 2)
    assert "Node 2 scores **0.8 [0.76 to 0.84]**" in said
    assert "add source noisy: +0.1 over 1 trial (node 2)" in said
    assert "Node 4 failed (loss=nan at step 5); I count that against tuner full→lora" in said


def test_two_changes_that_each_helped_are_made_together(tree):
    recipes, _ = ask(tree, 1)
    assert (sources(recipes[0]), param(recipes[0], "learning_rate")) == (("clean", "noisy"), 3e-3)


def test_an_instruction_is_applied(tree):
    recipes, said = ask(
        tree,
        1,
        instruction="please learning_rate = 0.01, tuner=lora add noisy, drop clean",
        count=1,
    )
    (made,) = recipes
    assert (param(made, "learning_rate"), param(made, "tuner")) == (0.01, "lora")
    assert sources(made) == ("noisy",)
    assert "I understood: learning_rate=0.01, tuner=lora, add noisy, drop clean." in said


def test_what_a_person_decided_stays_in_every_child(tree):
    recipes, _ = ask(tree, 1, instruction="sources=noisy,clean sample.rows=100", count=4)
    assert {sources(one) for one in recipes} == {("clean", "noisy")}
    assert {step(one, "sample")["rows"] for one in recipes} == {100}
    assert len(recipes) == 4


@pytest.mark.parametrize(
    ("instruction", "answer"),
    [
        ("lora_r=9999", "I do not do this: lora_r=9999 is not in 1..512."),
        ("learning_rate=fast", "I do not do this: learning_rate='fast' is not of type number."),
        (
            "add restricted",
            "source `restricted` is not allowed for training (licence No training)",
        ),
        ("sources=moon", "source `moon` is not one of clean, noisy, duplicated"),
        ("drop clean", "`drop clean` is the only source; a recipe needs at least one"),
        ("drop balance", "`balance` cannot be dropped, because the recipe does not have it"),
        ("seed=abc", "seed='abc' is not a whole number"),
        ("make it better", "I did not understand: make, it, better."),
        ("speed=3", "I did not understand: speed=3."),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(tree, instruction, answer):
    recipes, said = ask(tree, 1, instruction=instruction, count=1)
    assert answer in said
    assert recipes == ask(tree, 1, count=1)[0]


def test_an_instruction_shapes_starting_points_too():
    recipes, _ = ask(tree_of(), 0, instruction="max_steps=50 seed=4", count=3)
    assert {(param(one, "max_steps"), one["seed"]) for one in recipes} == {(50, 4)}


def test_an_invalid_idea_is_skipped_and_said(tree):
    def refuse_noisy(raw):
        if "noisy" in sources(raw):
            raise RecipeError("sources", "noisy", "is broken")
        return fingerprint(raw)

    recipes, said = ask(tree, 1, check=refuse_noisy)
    assert len(recipes) == 3
    assert "sources='noisy' is broken" in said


def test_a_hostile_failure_text_is_cut():
    tree = tree_of(trial(1, score=0.6), trial(2, 1, state="failed", failure="x" * 10_000))
    assert "x" * 121 not in ask(tree, 1)[1]


def test_with_reuse_children_go_on_and_pay_for_fewer_steps(tree):
    recipes, said = ask(tree, 2, reuse=True)
    went_on = [one for one in recipes if one.get("start_from") == "parent"]
    assert {param(one, "max_steps") for one in went_on} == {75, 150}
    assert "It goes on from what node 2 trained" in said


def test_what_learned_something_to_be_dropped_starts_afresh():
    node = trial(1, score=0.7, recipe=recipe("clean", "noisy"))
    fresh = Idea(recipe("clean"), frozenset({"sources"}), "Drop noisy.", "", 0.0)
    assert continued(fresh, node) == fresh


def test_without_reuse_nothing_goes_on_from_the_parent(tree):
    recipes, _ = ask(tree, 2, count=12)
    assert recipes
    assert all("start_from" not in one for one in recipes)


def test_training_on_that_lost_is_not_the_first_idea_again():
    went_on = recipe() | {"start_from": "parent"}
    tree = tree_of(
        trial(1, score=0.8, recipe=recipe()),
        trial(2, 1, 0.7, recipe=went_on),
        trial(3, 2, 0.6, recipe=went_on),
    )
    recipes, _ = ask(tree, 3, reuse=True)
    assert recipes[0] != went_on
