"""Prompts with named places for a row's columns: what stands in a row is put in as it is, and never read as a template."""

from collections.abc import Callable, Iterable
from string import Formatter


def names(template: str) -> tuple[str, ...]:
    """The names in braces, in order, once each. Raises ValueError for anything but plain names in braces."""
    found: dict[str, None] = {}
    for _, name, form, conversion in Formatter().parse(template):
        if name is None:
            continue
        if not name.isidentifier() or form or conversion:
            raise ValueError(
                f"{{{name}}} is no plain column name; a brace itself is written twice"
            )
        found[name] = None
    return tuple(found)


def fill(template: str, value: Callable[[str], str]) -> str:
    """The template with `value(name)` at each name; storable even where a value is not."""
    text = "".join(_parts(template, value))
    return text.encode("utf-8", "replace").decode("utf-8")


def _parts(template: str, value: Callable[[str], str]) -> Iterable[str]:
    for literal, name, _, _ in Formatter().parse(template):
        yield literal
        if name is not None:
            yield value(name)
