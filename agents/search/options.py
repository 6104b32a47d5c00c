"""Options of extensions as their JSON schemas describe them: defaults, ranges and choices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_KINDS: Mapping[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
    "null": (type(None),),
}
_BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")


@dataclass(frozen=True, slots=True)
class Option:
    """One option of one extension."""

    name: str
    default: Any
    kinds: tuple[str, ...]
    """JSON types it may have; empty when the schema does not say."""
    choices: tuple[Any, ...]
    """The only values it may have; empty when there is no such list."""
    bounds: Mapping[str, float]
    """Those of minimum, exclusiveMinimum, maximum and exclusiveMaximum that the schema states."""

    def refusal(self, value: Any) -> str:
        """Why `value` cannot stand here, with what would be right; empty when it can."""
        if self.kinds and not any(_is(value, kind) for kind in self.kinds):
            return f"{self.name}={value!r} is not of type {' or '.join(self.kinds)}"
        if self.choices and value not in self.choices:
            return f"{self.name}={value!r} is not one of {', '.join(map(str, self.choices))}"
        if isinstance(value, int | float) and not self._is_inside(value):
            return f"{self.name}={value!r} is not {self.range}"
        return ""

    @property
    def range(self) -> str:
        """The bounds as people write them: `in 1..512`, or `> 0 and ≤ 1`."""
        if self.bounds.keys() == {"minimum", "maximum"}:
            return f"in {self.bounds['minimum']:g}..{self.bounds['maximum']:g}"
        signs = zip(_BOUNDS, ("≥", ">", "≤", "<"), strict=True)
        return " and ".join(
            f"{sign} {self.bounds[key]:g}" for key, sign in signs if key in self.bounds
        )

    def _is_inside(self, value: float) -> bool:
        low, above, high, below = (self.bounds.get(key) for key in _BOUNDS)
        return (
            (low is None or value >= low)
            and (above is None or value > above)
            and (high is None or value <= high)
            and (below is None or value < below)
        )


def options(schema: Mapping[str, Any]) -> dict[str, Option]:
    """Options by name of one extension, from its JSON schema."""
    shared = schema.get("$defs", {})
    return {
        name: _option(name, raw, shared) for name, raw in (schema.get("properties") or {}).items()
    }


def defaults(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The default of every option that has one."""
    raw = schema.get("properties") or {}
    return {name: one["default"] for name, one in raw.items() if "default" in one}


def _option(name: str, raw: Mapping[str, Any], shared: Mapping[str, Any]) -> Option:
    kinds: list[str] = []
    choices: list[Any] = []
    bounds: dict[str, float] = {}
    forms = [raw, *raw.get("anyOf", ()), *raw.get("allOf", ())]
    for form in (_resolved(one, shared) for one in forms):
        if "type" in form:
            kinds.append(form["type"])
        choices.extend(form.get("enum", [form["const"]] if "const" in form else []))
        bounds.update({key: form[key] for key in _BOUNDS if key in form})
    if choices and "null" in kinds:
        choices.append(None)
    return Option(name, raw.get("default"), tuple(kinds), tuple(choices), bounds)


def _resolved(form: Mapping[str, Any], shared: Mapping[str, Any]) -> Mapping[str, Any]:
    name = form.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = shared[name] if name else form
    return found


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _KINDS.get(kind, (object,)))
