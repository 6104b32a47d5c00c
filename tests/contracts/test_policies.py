"""What every selection policy must do; runs over all files in agents/policies."""

import random
from dataclasses import replace

import pytest

from agents.search.tree import Tree, candidates
from tests.agents.trees import random_tree, tree_of, trial
from training import extensions


@pytest.fixture(params=extensions.names("agents.policies"))
def policy(request):
    cls = extensions.load("agents.policies", request.param)
    return cls(cls.Params())


def rng():
    return random.Random(7)


class TestEveryPolicy:
    def test_is_named_after_its_file(self, policy):
        assert extensions.load("agents.policies", policy.name) is type(policy)

    def test_explains_itself_and_each_option(self, policy):
        properties = extensions.schema("agents.policies", policy.name)["properties"]
        assert type(policy).__doc__
        assert all(option["description"] for option in properties.values())

    def test_chooses_the_only_node(self, policy):
        assert policy.choose(tree_of(), rng()).node == 0

    def test_chooses_the_root_of_an_all_failed_tree(self, policy):
        tree = tree_of(*(trial(number, state="failed") for number in range(1, 6)))
        assert policy.choose(tree, rng()).node == 0

    def test_chooses_nothing_when_nothing_is_scored(self, policy):
        root = replace(tree_of().root, state="running", score=None)
        assert policy.choose(Tree.of([root]), rng()) is None

    def test_is_deterministic_by_rng(self, policy):
        tree = random_tree(3)
        assert policy.choose(tree, rng()) == policy.choose(tree, rng())

    def test_works_when_all_scores_are_equal(self, policy):
        tree = tree_of(*(trial(number, score=0.5) for number in range(1, 9)))
        assert policy.choose(tree, rng()) is not None

    @pytest.mark.parametrize("seed", range(10))
    def test_chooses_the_highest_of_terms_that_add_up(self, policy, seed):
        tree = random_tree(seed)
        choice = policy.choose(tree, rng())
        totals = {term.node: term.total for term in choice.terms}
        assert totals[choice.node] == max(totals.values())
        assert list(totals) == [node.number for node in candidates(tree)]
        for term in choice.terms:
            assert term.total == pytest.approx(term.q + term.exploration + term.pin)

    @pytest.mark.parametrize("seed", range(10))
    def test_a_pruned_node_is_never_selected(self, policy, seed):
        tree = random_tree(seed)
        choice = policy.choose(tree, rng())
        assert not any(node.pruned for node in tree.path(choice.node))

    def test_prefers_a_pinned_node_among_equals(self, policy):
        trials = [trial(number, score=0.6) for number in range(1, 6)]
        trials[2] = replace(trials[2], pinned=True)
        terms = {term.node: term for term in policy.choose(tree_of(*trials), rng()).terms}
        assert terms[3].pin > 0
        assert terms[3].total > max(terms[1].total, terms[2].total)
