"""Trees, tasks and schemas for tests of what decides."""

import json
import random
from collections.abc import Mapping
from typing import Any

from agents.search.options import options
from agents.search.recipes import Recipe, sources
from agents.search.tree import Node, Tree
from training.errors import LicenceRefused, RecipeError

SOURCES = ("clean", "noisy", "duplicated")
TASK = {
    "name": "sst2",
    "title": "Sentiment",
    "metric": "accuracy",
    "direction": "maximise",
    "sources": [
        {"name": "clean", "rows": 300, "licence": "CC0", "training_allowed": True, "note": ""},
        {"name": "noisy", "rows": 1200, "licence": "CC0", "training_allowed": True, "note": ""},
        {
            "name": "duplicated",
            "rows": 600,
            "licence": "CC0",
            "training_allowed": True,
            "note": "",
        },
        {
            "name": "restricted",
            "rows": 600,
            "licence": "No training",
            "training_allowed": False,
            "note": "",
        },
    ],
}
SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "operators.load": {
        "properties": {
            "sources": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "rows": {
                "anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}],
                "default": None,
            },
        },
        "required": ["sources"],
    },
    "operators.dedupe_exact": {
        "properties": {
            "by": {"enum": ["text", "text_and_label"], "default": "text", "type": "string"}
        }
    },
    "operators.balance": {"properties": {}},
    "operators.sample": {
        "properties": {"rows": {"type": "integer", "minimum": 1}},
        "required": ["rows"],
    },
    "methods.sft": {
        "properties": {
            "tuner": {"enum": ["full", "lora"], "default": "full", "type": "string"},
            "learning_rate": {"type": "number", "minimum": 1e-7, "maximum": 1.0, "default": 0.001},
            "max_steps": {"type": "integer", "minimum": -1, "maximum": 1000000, "default": 150},
            "num_train_epochs": {
                "type": "number",
                "exclusiveMinimum": 0,
                "maximum": 1000,
                "default": 3.0,
            },
            "per_device_train_batch_size": {
                "type": "integer",
                "minimum": 1,
                "maximum": 1024,
                "default": 16,
            },
            "lora_r": {"type": "integer", "minimum": 1, "maximum": 512, "default": 16},
        }
    },
}


def recipe(*names: str, **params: Any) -> dict[str, Any]:
    """A trial's recipe with defaults, on the named sources (clean unless given)."""
    properties = SCHEMAS["methods.sft"]["properties"]
    training = {name: one["default"] for name, one in properties.items()} | params
    load = {"use": "load", "params": {"sources": list(names or ("clean",)), "rows": None}}
    return {"data": [load], "training": {"use": "sft", "params": training}, "seed": 0}


def fingerprint(raw: Recipe) -> str:
    """As the application's: canonical text, or an error that names field and value."""
    for use, params in _steps(raw):
        known = options(SCHEMAS[use])
        for name, value in params.items():
            if name not in known:
                raise RecipeError(name, value, "is unknown")
            if known[name].refusal(value):
                raise RecipeError(name, value, known[name].refusal(value))
    if not set(sources(raw)) <= set(SOURCES):
        raise LicenceRefused("sources", sources(raw), "may not be trained on")
    return json.dumps(raw, sort_keys=True)


def baseline(score: float = 0.5) -> Node:
    """The untrained baseline."""
    interval = (score - 0.05, score + 0.05)
    return Node(
        0,
        None,
        "root",
        "done",
        {"data": [], "training": None, "seed": 0},
        score=score,
        interval=interval,
    )


def trial(number: int, parent: int = 0, score: float | None = None, **fields: Any) -> Node:
    """A trial, done when it has a score."""
    fields.setdefault("state", "queued" if score is None else "done")
    fields.setdefault("recipe", recipe(learning_rate=number / 1e6))
    if score is not None:
        fields.setdefault("interval", (score - 0.04, score + 0.04))
    return Node(number, parent, "trial", score=score, **fields)


def tree_of(*trials: Node, maximise: bool = True) -> Tree:
    """A tree of a baseline and trials."""
    return Tree.of([baseline(), *trials], maximise=maximise)


def random_tree(seed: int, *, size: int = 200) -> Tree:
    """Any tree that can come about: all states, pins, prunes, with recipes a person could write."""
    rng = random.Random(seed)
    nodes, scored = [baseline()], [0]
    for number in range(1, size):
        state = rng.choices(["done", "failed", "cancelled", "queued", "running"], [6, 2, 1, 1, 1])[
            0
        ]
        rate = float(f"{rng.randint(1, 9999)}e-6")
        made = recipe(
            *rng.sample(SOURCES, rng.randint(1, 3)),
            learning_rate=rate,
            tuner=rng.choice(["full", "lora"]),
        )
        score = round(rng.random(), 3) if state == "done" else None
        flags = {"pinned": rng.random() < 0.05, "pruned": rng.random() < 0.08}
        nodes.append(trial(number, rng.choice(scored), score, state=state, recipe=made, **flags))
        if score is not None:
            scored.append(number)
    return Tree.of(nodes)


def _steps(raw: Recipe) -> list[tuple[str, Mapping[str, Any]]]:
    found = [(f"operators.{step['use']}", step["params"]) for step in raw["data"]]
    return [*found, (f"methods.{raw['training']['use']}", raw["training"]["params"])]
