"""What every Researcher must do; runs over all files in agents/researchers."""

import random

import pytest

from agents.ports import Request
from agents.search.recipes import sources
from tests.agents.trees import SCHEMAS, TASK, fingerprint, random_tree, recipe, tree_of, trial
from training import extensions


@pytest.fixture(params=extensions.names("agents.researchers"))
def researcher(request):
    cls = extensions.load("agents.researchers", request.param)
    return cls(cls.Params())


TREES = {
    "only the baseline": (tree_of(), 0),
    "one trial": (tree_of(trial(1, score=0.7, recipe=recipe())), 1),
    "all failed": (
        tree_of(*(trial(n, state="failed", failure="loss=nan") for n in range(1, 5))),
        0,
    ),
    "two hundred nodes": (random_tree(1), max(node.number for node in random_tree(1).scored)),
}


@pytest.fixture(params=TREES)
def situation(request):
    return TREES[request.param]


def ask(researcher, tree, node, **fields):
    said = []
    request = Request(
        tree=tree,
        node=node,
        count=fields.pop("count", 3),
        task=TASK,
        schemas=fields.pop("schemas", SCHEMAS),
        rng=random.Random(5),
        tried=fields.pop("tried", None) or _tried(tree),
        fingerprint=fields.pop("fingerprint", fingerprint),
        **fields,
    )
    return list(researcher.propose(request, said.append)), said, request


def _tried(tree):
    return frozenset(fingerprint(one.recipe) for one in tree.nodes.values() if one.kind != "root")


class TestEveryResearcher:
    def test_is_named_after_its_file_and_introduces_itself(self, researcher):
        assert extensions.load("agents.researchers", researcher.name) is type(researcher)
        assert researcher.title

    @pytest.mark.parametrize("count", [1, 2, 3])
    def test_proposes_valid_untried_recipes_and_at_most_count(self, researcher, situation, count):
        proposals, _, request = ask(researcher, *situation, count=count)
        prints = {fingerprint(proposal.recipe) for proposal in proposals}
        assert 1 <= len(proposals) <= count
        assert len(prints) == len(proposals)
        assert not prints & request.tried

    def test_gives_exactly_as_many_as_a_person_asks_for(self, researcher, situation):
        assert len(ask(researcher, *situation, count=5, exactly=True)[0]) == 5

    def test_never_uses_a_source_that_may_not_be_trained_on(self, researcher, situation):
        proposals, _, _ = ask(
            researcher, *situation, count=5, exactly=True, instruction="add restricted"
        )
        assert not any("restricted" in sources(proposal.recipe) for proposal in proposals)

    def test_leaves_a_refused_source_of_the_parent_behind(self, researcher):
        tree = tree_of(trial(1, score=0.7, recipe=recipe("clean", "restricted")))
        proposals, _, _ = ask(researcher, tree, 1, tried=frozenset({"other"}))
        assert proposals
        assert not any("restricted" in sources(proposal.recipe) for proposal in proposals)

    def test_spends_no_money_on_data_by_itself(self, researcher, situation):
        asking = {
            f"operators.{use}": extensions.schema(extensions.OPERATORS, use)
            for use in extensions.names(extensions.OPERATORS)
            if extensions.load(extensions.OPERATORS, use).asks
        }
        proposals, _, _ = ask(
            researcher, *situation, count=20, exactly=True, schemas=SCHEMAS | asking
        )
        used = {f"operators.{step['use']}" for one in proposals for step in one.recipe["data"]}
        assert asking
        assert not used & asking.keys()

    def test_is_deterministic_by_rng(self, researcher, situation):
        assert ask(researcher, *situation)[:2] == ask(researcher, *situation)[:2]

    def test_says_why_before_it_answers(self, researcher, situation):
        proposals, said, _ = ask(researcher, *situation)
        assert len(said) > 1
        assert all(proposal.hypothesis and proposal.rationale for proposal in proposals)

    def test_returns_nothing_when_everything_was_tried(self, researcher, situation):
        proposals, said, _ = ask(
            researcher, *situation, tried=frozenset({"same"}), fingerprint=lambda _: "same"
        )
        assert proposals == []
        assert "propose nothing" in "".join(said)
