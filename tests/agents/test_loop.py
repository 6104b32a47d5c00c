"""One step of the search."""

import random
from dataclasses import replace

import pytest

from agents.loop import Forced, Search, Snapshot, plan
from agents.policies.uct import Uct
from tests.agents.trees import SCHEMAS, TASK, fingerprint, recipe, tree_of, trial
from tests.fakes import ScriptedResearcher
from training.errors import RecipeError

TREE = tree_of(trial(1, score=0.9), trial(2, score=0.7), trial(3, score=0.6, pruned=True))
NEW = [recipe(learning_rate=rate / 100) for rate in range(1, 7)]


class Watched:
    """Plans one step and keeps what was chosen and said."""

    def __init__(self, *answers, tree=TREE, room=10, tried=frozenset(), forced=()):
        self.researcher = ScriptedResearcher(*answers)
        self.chosen, self.said = [], []
        search = Search(
            Uct(Uct.Params()), self.researcher, TASK, SCHEMAS, fingerprint, RecipeError
        )
        snapshot = Snapshot(tree, room, tried, tuple(forced))
        self.step = plan(snapshot, search, rng=random.Random(0), watch=self._watch)

    def _watch(self, choice, forced):
        self.chosen.append((choice.node, forced))
        return self.said.append


def test_the_policys_choice_is_expanded_and_its_terms_kept():
    watched = Watched(NEW[:2])
    assert watched.chosen == [(1, None)]
    assert (watched.step.choice.node, len(watched.step.choice.terms)) == (1, 3)
    assert [one.recipe for one in watched.step.proposals] == NEW[:2]
    assert watched.said == ["I follow my script."]


def test_the_oldest_forced_expansion_comes_first():
    forced = [Forced(2, 4, "tuner=lora"), Forced(1, 1)]
    watched = Watched(NEW, forced=forced)
    (request,) = watched.researcher.requests
    assert (request.node, request.count, request.exactly) == (2, 4, True)
    assert request.instruction == "tuner=lora"
    assert watched.step.forced == forced[0]
    assert len(watched.step.proposals) == 4


def test_a_forced_expansion_under_a_prune_is_refused_and_not_asked_for():
    watched = Watched(NEW, forced=[Forced(3, 1)])
    assert watched.researcher.requests == []
    assert watched.step.refusal == "node 3 is under the prune of node 3; restore node 3 first"
    assert not watched.step.is_exhausted


def test_no_more_children_than_there_is_room():
    watched = Watched(NEW, room=2)
    assert watched.researcher.requests[0].count == 2
    assert len(watched.step.proposals) == 2


@pytest.mark.parametrize(
    ("tree", "room"),
    [(TREE, 0), (tree_of().__class__.of([replace(tree_of().root, score=None)]), 5)],
)
def test_without_room_or_candidate_there_is_no_step(tree, room):
    assert Watched(NEW, tree=tree, room=room).step is None


def test_tried_doubled_and_invalid_proposals_are_dropped_and_said():
    bad = recipe(lora_r=0)
    watched = Watched(
        [NEW[0], NEW[1], NEW[1], bad, NEW[2]], tried=frozenset({fingerprint(NEW[0])})
    )
    assert [one.recipe for one in watched.step.proposals] == [NEW[1], NEW[2]]
    said = "".join(watched.said)
    assert said.count("this recipe was tried already") == 2
    assert "lora_r=0 is not in 1..512" in said


def test_the_next_best_candidate_is_tried_when_the_first_yields_nothing():
    watched = Watched([], NEW[:1])
    assert [node for node, _ in watched.chosen] == [1, 2]
    assert (watched.step.choice.node, len(watched.step.proposals)) == (2, 1)


def test_a_tree_that_yields_nothing_is_exhausted_after_a_few_tries():
    tree = tree_of(*(trial(number, score=0.6) for number in range(1, 20)))
    watched = Watched(tree=tree)
    assert watched.step.is_exhausted
    assert len(watched.chosen) == 5
