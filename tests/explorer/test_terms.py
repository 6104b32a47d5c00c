"""That one's own data may be trained on is a person's statement; a Researcher can only repeat it."""

import copy

import pytest

from explorer.models import Event, Node
from explorer.services import planning, terms
from tests.conftest import TRAINED
from tests.fakes import ScriptedResearcher
from training.errors import LicenceRefused
from training.recipe import read

FILE = {"path": "ours.jsonl", "licence": "our own", "training_allowed": True}


def with_load(**params):
    raw = copy.deepcopy(TRAINED)
    raw["data"].append({"use": "load", "params": params})
    return raw


def refusal(project, **params):
    try:
        terms.refuse_undeclared(read(with_load(**params)), project)
    except LicenceRefused as error:
        return str(error)
    return ""


@pytest.fixture
def root(grow):
    return grow(state="done", score=0.4)


def declare(node, author, **params):
    Node.objects.filter(pk=node.pk).update(
        author=author, recipe=read(with_load(**params)).model_dump(mode="json")
    )


@pytest.mark.parametrize(
    "params", [FILE, {"hub": "someone/rows", "licence": "MIT", "training_allowed": True}]
)
def test_what_no_person_declared_is_refused_with_field_and_value(project, root, params):
    told = refusal(project, **params)
    assert told.startswith("data.1.load.training_allowed=True is for a person to say")
    assert repr(params.get("path") or params.get("hub")) in told


def test_what_a_person_declared_may_be_repeated(project, root, grow):
    declare(grow(root, state="done"), "ada", **FILE)
    assert refusal(project, **FILE, rows=10) == ""


@pytest.mark.parametrize("change", [{"path": "others.jsonl"}, {"licence": "CC0"}])
def test_another_file_or_licence_is_another_statement(project, root, grow, change):
    declare(grow(root, state="done"), "ada", **FILE)
    assert "is for a person to say" in refusal(project, **FILE | change)


def test_another_revision_of_a_hub_data_set_is_another_statement(project, root, grow):
    hub = {"hub": "someone/rows", "licence": "MIT", "training_allowed": True, "revision": "v1"}
    declare(grow(root, state="done"), "ada", **hub)
    assert refusal(project, **hub) == ""
    assert refusal(project, **hub | {"revision": "v2"})


def test_a_researcher_cannot_declare_for_itself_nor_another_project_for_this_one(
    project, root, grow
):
    declare(grow(root, state="done"), "researcher", **FILE)
    assert "is for a person to say" in refusal(project, **FILE)


def test_sources_of_the_task_and_files_not_allowed_are_not_its_business(project, root):
    terms.refuse_undeclared(read(TRAINED), project)
    assert refusal(project, path="ours.jsonl", licence="unknown") == ""


def test_a_proposal_that_declares_is_dropped_and_the_reason_is_told(project, root, monkeypatch):
    scripted = ScriptedResearcher([with_load(**FILE), TRAINED])
    search = planning._search

    def with_scripted(project, fingerprint):
        from dataclasses import replace

        return replace(search(project, fingerprint), researcher=scripted)

    # The researcher is chosen by name among the installed ones, and a scripted one is none of them.
    monkeypatch.setattr(planning, "_search", with_scripted)
    planning.advance(project.pk, owner="me")

    (made,) = project.nodes.filter(kind="trial")
    assert made.recipe == read(TRAINED).model_dump(mode="json")
    told = Event.objects.filter(project=project, kind="reasoning")
    assert "training_allowed=True is for a person to say" in "".join(e.data["text"] for e in told)
