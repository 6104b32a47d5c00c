"""Fixtures that several test folders share."""

from collections.abc import Callable
from typing import Any

import pytest

from explorer import store
from explorer.models import Node, Project
from training.recipe import read

TRAINED = {
    "data": [{"use": "load", "params": {"sources": ["clean"]}}],
    "training": {"use": "sft", "params": {"tuner": "lora"}},
    "seed": 0,
}


@pytest.fixture
def project(db: None, django_user_model: Any) -> Project:
    """A running project without nodes."""
    owner = django_user_model.objects.create_user("ada", password="x")
    return Project.objects.create(
        name="Sentiment",
        owner=owner,
        task="sst2",
        task_title="SST-2",
        metric="accuracy",
        base_model="trex-tiny",
        node_budget=12,
        researcher_title="Rule-based",
    )


@pytest.fixture
def grow(project: Project) -> Callable[..., Node]:
    """Adds a node: `grow(parent, state="done", score=0.5)`; without a parent it is the root."""

    def add(parent: Node | None = None, **fields: Any) -> Node:
        raw = {"data": [], "training": None, "seed": 0} if parent is None else TRAINED
        recipe = read(raw)
        with store.writing(project.pk, actor="search") as log:
            node = Node.objects.create(
                project=project,
                number=project.nodes.count(),
                parent=parent,
                kind="trial" if parent else "root",
                author="researcher",
                label="lora",
                hypothesis="It helps",
                rationale="",
                recipe=recipe.model_dump(mode="json"),
                fingerprint=recipe.fingerprint(),
                **fields,
            )
            log.created(node)
        return node

    return add
