"""Turns the raw events of a training process into few, bounded, storable ones."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

MAX_TEXT_CHARS = 4_000
MAX_LINES = 500
_KEPT = ("stage", "data", "llm", "estimate", "intermediate")
"""Kinds of which every event is stored as it came."""
_LEVELS = frozenset({"debug", "info", "warning", "error"})


def batch(raw: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Events as the project's log stores them: {"kind", "data"}.

    All metric points become one event and all log lines another, each at the place of its first
    part; of the progress only the latest stays; stages, data, calls of models, estimates and scores on the way keep their order.
    """
    merged: dict[str, dict[str, Any]] = {}
    found: list[dict[str, Any]] = []
    for event in raw:
        kind, data = _translated(event)
        if kind in _KEPT:
            found.append({"kind": kind, "data": data})
        elif kind not in merged:
            merged[kind] = {"kind": kind, "data": data}
            found.append(merged[kind])
        else:
            _merge(kind, merged[kind]["data"], data)
    if "log" in merged:
        merged["log"]["data"]["lines"] = _capped(merged["log"]["data"]["lines"])
    return found


def storable(value: Any) -> Any:
    """`value` as every database stores it: no NaN, infinity, NUL, lone surrogate or endless text."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, Mapping):
        return {_clean(str(key)): storable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable(inner) for inner in value]
    return value


def _translated(event: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    kind = event["kind"]
    data = {key: storable(value) for key, value in event.items() if key not in ("t", "kind")}
    if kind == "metric" and isinstance(data.get("values"), dict):
        return "metric", {"points": [{"step": data.get("step"), "values": data["values"]}]}
    if kind in _KEPT or kind == "progress":
        return kind, data
    level, text = data.get("level"), data.get("text")
    if kind != "log" or not isinstance(text, str):
        level, text = "warning", storable(f"unreadable event: {dict(event)!r}")
    return "log", {"lines": [{"level": level if level in _LEVELS else "info", "text": text}]}


def _merge(kind: str, into: dict[str, Any], data: dict[str, Any]) -> None:
    if kind == "progress":
        into.clear()
        into.update(data)
    else:
        part = "points" if kind == "metric" else "lines"
        into[part].extend(data[part])


def _capped(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last lines, because a failure's reason stands at the end."""
    left_out = len(lines) - MAX_LINES
    if left_out <= 0:
        return lines
    note = {"level": "warning", "text": f"{left_out} lines left out"}
    return [note, *lines[-MAX_LINES:]]


def _clean(text: str) -> str:
    text = (
        text.encode("utf-8", "replace")
        .decode("utf-8")
        .replace("\x00", "\N{REPLACEMENT CHARACTER}")
    )
    if len(text) <= MAX_TEXT_CHARS:
        return text
    return f"{text[: MAX_TEXT_CHARS - 1]}\N{HORIZONTAL ELLIPSIS}"
