"""A search tree as text for the terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MARKS = {"queued": "·", "running": "▸", "done": "●", "failed": "✗", "cancelled": "-"}


def lines(nodes: Sequence[Mapping[str, Any]], *, best: int | None = None) -> Iterator[str]:
    """One line a node, children in order of creation below their parent; nodes as in docs/events.md."""
    children: dict[int | None, list[Mapping[str, Any]]] = {}
    for node in sorted(nodes, key=lambda node: node["id"]):
        children.setdefault(node["parent"], []).append(node)
    stack = [(root, "", "") for root in reversed(children.get(None, []))]
    while stack:
        node, lead, below = stack.pop()
        yield lead + _line(node, best)
        inner = children.get(node["id"], [])
        for place, child in reversed(list(enumerate(inner))):
            last = place == len(inner) - 1
            stack.append(
                (child, below + ("└─ " if last else "├─ "), below + ("   " if last else "│  "))
            )


def _line(node: Mapping[str, Any], best: int | None) -> str:
    score = "" if node["score"] is None else f"  {node['score']:.3f}"
    notes = [
        "best" if node["id"] == best else "",
        "pinned" if node["pinned"] else "",
        "pruned" if node["pruned"] else "",
        node["failure"].split("\n")[0] if node["state"] == "failed" else "",
    ]
    note = ", ".join(note for note in notes if note)
    return f"{MARKS[node['state']]} {node['id']}{score}  {node['label']}" + (
        f"  ({note})" if note else ""
    )
