"""A recipe may ask the model of another node: which one that is, and when it is refused."""

from pathlib import Path

import pytest

from explorer.models import Node, Run
from explorer.services import planning, runs
from training.errors import RecipeError
from training.recipe import read

LOAD = {"use": "load", "params": {"sources": ["clean"]}}


def asking(number):
    step = {"use": "relabel", "params": {"node": number}}
    return read({"data": [LOAD, step], "training": {"use": "sft"}})


@pytest.fixture
def root(grow):
    return grow(state="done", score=0.4)


@pytest.fixture
def trained(grow, root, tmp_path):
    """A node that is done and whose model is there."""
    node = grow(root, state="done", score=0.5, identity="what it is")
    Run.objects.create(node=node, attempt=1, directory=str(tmp_path / "run"), outcome="done")
    (tmp_path / "run" / "model").mkdir(parents=True)
    (tmp_path / "run" / "model" / "adapter_model.safetensors").write_bytes(b"weights")
    return node


@pytest.fixture
def asks(grow, root):
    """Makes a queued node that asks the node of a number."""

    def make(number):
        node = grow(root, state="queued")
        Node.objects.filter(pk=node.pk).update(recipe=asking(number).model_dump(mode="json"))
        return node

    return make


def test_a_claim_says_what_the_asked_node_is_and_where_its_model_lies(trained, asks, tmp_path):
    claim = runs.claim(asks(trained.number).pk, owner="me")

    (found,) = claim.spec.nodes.values()
    assert list(claim.spec.nodes) == [trained.number]
    assert (found.identity, found.missing) == ("what it is", "")
    assert Path(found.folder) == tmp_path / "run" / "model"


@pytest.mark.parametrize(
    ("number", "state", "reason"),
    [
        (1, "running", "is running, and must be done"),
        (1, "failed", "is failed, and must be done"),
        (77, "done", "is no node of this project"),
    ],
)
def test_a_node_that_is_not_done_or_not_there_is_refused_before_compute(
    trained, asks, root, number, state, reason
):
    Node.objects.filter(pk=trained.pk).update(state=state)

    with pytest.raises(RecipeError, match=rf"data\.1\.relabel\.node={number} {reason}"):
        runs.reuse(runs.claim(asks(number).pk, owner="me"))
    with pytest.raises(RecipeError, match=rf"data\.1\.relabel\.node={number} {reason}"):
        planning.lineage(asking(number), root)


def test_a_node_whose_model_is_gone_is_refused(trained, asks, root, tmp_path):
    (tmp_path / "run" / "model" / "adapter_model.safetensors").unlink()

    with pytest.raises(RecipeError, match=r"data\.1\.relabel\.node=1 has lost its model"):
        runs.reuse(runs.claim(asks(1).pk, owner="me"))


def test_a_recipe_that_asks_another_node_or_other_weights_is_another_experiment(trained, root):
    first = planning.lineage(asking(1), root)
    Node.objects.filter(pk=trained.pk).update(identity="something else")

    assert first != planning.lineage(asking(1), root)
    assert first != asking(1).fingerprint()


def test_the_baseline_has_no_model_of_its_own_to_ask(root, project):
    recipe = asking(1).model_dump(mode="json")
    recipe["data"][1]["params"]["node"] = 0

    found = runs.nodes_of(asking(1).model_validate(recipe), project)

    assert found[0].missing == "is the baseline, which was not trained"
