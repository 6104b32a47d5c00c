"""Make a project: what was asked for is checked field by field, then the root is queued."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from explorer import dispatch, store
from explorer.errors import Invalid
from explorer.models import Node, Project
from training import extensions
from training.data import models as base_models
from training.errors import ModelNotFound, RecipeError
from training.recipe import Recipe

POLICIES = "agents.policies"
RESEARCHERS = "agents.researchers"
EDITION = "mini"
MAX_NODES = 100_000


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a person asks for."""

    name: str
    task: str = "sst2"
    base_model: str = "trex-tiny"
    node_budget: int = 12
    policy: str = "uct"
    parallel_runs: int = 2
    researcher: str = "rules"
    reuse: bool = True
    early_stopping: bool = False


def problems(draft: Draft) -> dict[str, str]:
    """A message for each field that cannot be accepted; empty when all is well."""
    checks: Mapping[str, str | None] = {
        "name": _name_problem(draft.name),
        "task": _task_problem(draft.task),
        "base_model": _model_problem(draft.base_model),
        "node_budget": _range_problem("node_budget", draft.node_budget, MAX_NODES),
        "policy": _extension_problem(POLICIES, "policy", draft.policy),
        "parallel_runs": _range_problem("parallel_runs", draft.parallel_runs, 64),
        "researcher": _extension_problem(RESEARCHERS, "researcher", draft.researcher),
    }
    return {field: message for field, message in checks.items() if message}


def create(draft: Draft, *, owner: User) -> Project:
    """The new project, its root queued for the baseline evaluation. Raises Invalid; then nothing was made."""
    if found := problems(draft):
        raise Invalid(found)
    try:
        with transaction.atomic():
            return _create(draft, owner)
    except IntegrityError as error:
        raise Invalid({"name": _taken(draft.name)}) from error


def _create(draft: Draft, owner: User) -> Project:
    facts = task_facts(draft.task)
    project = Project.objects.create(
        owner=owner,
        **{field: getattr(draft, field) for field in Draft.__dataclass_fields__},
        task_title=facts["title"],
        metric=facts["metric"],
        maximise=facts["direction"] == "maximise",
        edition=facts["edition"],
        researcher_title=extensions.load(RESEARCHERS, draft.researcher).title,
    )
    with store.writing(project.pk, actor=owner.get_username()) as log:
        log.add("project.created", project.as_json())
        root = Node.objects.create(project=project, **_root())
        log.created(root)
        dispatch.run_node(root.pk)
    return log.project


def _root() -> dict[str, Any]:
    recipe = Recipe()
    return {
        "number": 0,
        "kind": "root",
        "author": "search",
        "label": "base model",
        "hypothesis": "The base model as it is, without any training: what every other node is compared with.",
        "rationale": "",
        "recipe": recipe.model_dump(mode="json"),
        "fingerprint": recipe.fingerprint(),
    }


def tasks() -> list[str]:
    """The FT-Bench tasks that a project can be about: those with an edition that ships with the product."""
    return [
        name
        for name in extensions.names(extensions.TASKS)
        if EDITION in extensions.load(extensions.TASKS, name).editions
    ]


def task_facts(task: str) -> dict[str, Any]:
    """What is known of an FT-Bench task: title, metric, direction, edition, sources with their licences."""
    facts: dict[str, Any] = extensions.load(extensions.TASKS, task).facts()
    return facts


def _name_problem(name: str) -> str | None:
    if not name.strip():
        return "name='' is empty: give the project a name"
    if len(name) > 100:
        return f"name={name[:20]!r}… has {len(name)} characters: at most 100"
    return _taken(name) if Project.objects.filter(name=name).exists() else None


def _taken(name: str) -> str:
    return f"name={name!r} is taken by another project: choose another name"


def _task_problem(name: str) -> str | None:
    known = tasks()
    return None if name in known else f"task={name!r} is unknown: choose one of {', '.join(known)}"


def _extension_problem(package: str, field: str, name: str) -> str | None:
    try:
        extensions.load(package, name)
    except RecipeError:
        return f"{field}={name!r} is unknown: choose one of {', '.join(extensions.names(package))}"
    return None


def _model_problem(base_model: str) -> str | None:
    try:
        base_models.resolve(base_model)
    except ModelNotFound as error:
        return str(error)
    return None


def _range_problem(field: str, value: int, highest: int) -> str | None:
    return None if 1 <= value <= highest else f"{field}={value} is not in 1..{highest}"
