"""What the panel of one node shows."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from agents.errors import SteeringRefused
from agents.search import recipes, steering
from agents.search import tree as search
from explorer.models import Event, Node
from explorer.selectors import exports, log, milestones, trees
from training import extensions

Rule = Callable[[search.Tree, int], object]


def node_panel(node: Node) -> dict[str, Any]:
    """All that the node's panel shows; `node` comes with its project and parent."""
    tree = trees.search_tree(node.project)
    baseline, parent_score = tree.root.score, None if node.parent is None else node.parent.score
    chosen = _selection(node)
    result = node.result or {}
    return {
        "project": node.project.as_json(),
        "node": node.as_json(parent_number=node.parent_number)
        | {
            "number": node.number,
            "rationale": node.rationale,
            "reused_from": node.reused_from,
            "recipe_json": json.dumps(node.recipe, indent=2),
            "why": chosen and chosen["terms"],
            "chosen_by": chosen and ("a person" if chosen["forced"] else chosen["policy"]),
        },
        "diff": _difference(node),
        "baseline": baseline,
        "parent_score": parent_score,
        "delta": None if node.score is None or parent_score is None else node.score - parent_score,
        "stages": (stages := _stages(node)),
        "estimate": _estimate(node, stages),
        "milestones": milestones.of_node(node),
        "data_steps": [
            event["data"]
            for event in log.node_events(node, "data")
            if event["attempt"] == node.attempt
        ],
        "samples": result.get("samples", []),
        "train": result.get("train"),
        "reward_accuracy": result.get("reward_accuracy"),
        "parameters": result.get("parameters"),
        "can": _allowed(tree, node.number),
        "export": exports.shown(node),
    }


def _selection(node: Node) -> dict[str, Any] | None:
    """The choice that led to this node: the last one of its parent before the node was created."""
    if node.parent is None:
        return None
    created = Event.objects.filter(project=node.project_id, node=node.number, kind="node.created")
    choices = Event.objects.filter(
        project=node.project_id,
        node=node.parent.number,
        kind="selection",
        seq__lt=created.values("seq")[:1],
    )
    return choices.order_by("-seq").values_list("data", flat=True).first()


def _stages(node: Node) -> list[dict[str, Any]]:
    """The current attempt's stages in order; one that the run did not finish ended as the node did."""
    stages: dict[str, dict[str, Any]] = {}
    for event in log.node_events(node, "stage"):
        if event["attempt"] == node.attempt:
            stages[event["data"]["stage"]] = event["data"]
    is_over = node.state in {Node.State.FAILED, Node.State.CANCELLED}
    return [
        stage | ({"status": str(node.state)} if is_over and stage["status"] == "started" else {})
        for stage in stages.values()
    ]


def _estimate(node: Node, stages: list[dict[str, Any]]) -> dict[str, Any] | None:
    """What training was estimated to take, beside what it took; None where nothing was estimated."""
    told = log.node_events(node, "estimate")
    if not told:
        return None
    took = next((stage.get("seconds") for stage in stages if stage["stage"] == "train"), None)
    facts: dict[str, Any] = told[-1]["data"]
    return facts | {"took": took}


def _difference(node: Node) -> list[dict[str, Any]]:
    """What the node's recipe changes against its parent's; against the baseline, what is not a default."""
    if node.parent is None:
        return []
    changes = recipes.changes(node.parent.recipe, node.recipe)
    if not node.parent.recipe["training"]:
        changes = tuple(
            change for change in changes if not _is_default(node.recipe["training"], change)
        )
    return [
        {
            "field": change.field,
            "before": _shown(node.parent.recipe, change.field, change.before),
            "after": _shown(node.recipe, change.field, change.after),
        }
        for change in changes
    ]


def _shown(recipe: dict[str, Any], field: str, value: Any) -> Any:
    """The value; of a whole data step what is no default, and of an element of a list that it is there."""
    if value is not True or not field.startswith("data."):
        return value
    use = field.split(".")[1]
    params = recipes.step(recipe, use) if field.count(".") == 1 else None
    known = extensions.schema(extensions.OPERATORS, use)["properties"] if params else {}
    defaults = {name: option.get("default") for name, option in known.items()}
    given = {
        name: option for name, option in (params or {}).items() if option != defaults.get(name)
    }
    return ", ".join(f"{name}: {_words(option)}" for name, option in given.items()) or "yes"


def _words(option: Any) -> str:
    return " + ".join(map(str, option)) if isinstance(option, list) else str(option)


def _is_default(training: dict[str, Any], change: recipes.Change) -> bool:
    option = change.field.removeprefix("training.params.")
    known = extensions.schema(extensions.METHODS, training["use"])["properties"]
    return option in known and known[option].get("default") == change.after


def _allowed(tree: search.Tree, number: int) -> dict[str, bool]:
    """Which acts the rules would accept now."""
    acts: dict[str, Rule] = {
        "prune": steering.prune,
        "restore": steering.restore,
        "pin": steering.pin,
        "unpin": steering.unpin,
        "expand": partial(steering.expand, count=1),
    }
    return {act: _accepts(rule, tree, number) for act, rule in acts.items()}


def _accepts(rule: Rule, tree: search.Tree, number: int) -> bool:
    try:
        rule(tree, number)
    except SteeringRefused:
        return False
    return True
