"""Which rows may leave this machine with a trial."""

from collections.abc import Sequence

from training.data.catalogue import Edition, Source
from training.recipe import Recipe

_OPEN = (
    "same as the project",
    "apache-2.0",
    "mit",
    "cc0",
    "cc-by-3.0",
    "cc-by-4.0",
    "cc-by-sa",
    "odc-by",
    "odbl",
    "pddl",
    "bsd",
)


def may_be_shared(licence: str) -> bool:
    """Whether the licence is known to allow passing rows on; an unknown one is not."""
    text = licence.casefold().replace(" ", "-")
    return text.startswith(tuple(each.replace(" ", "-") for each in _OPEN))


def sources(recipe: Recipe, edition: Edition) -> list[Source]:
    """The catalogue's sources that the data steps name, in their order."""
    names = dict.fromkeys(
        name for step in recipe.data for name in step.params.get("sources") or ()
    )
    return [edition.sources[name] for name in names if name in edition.sources]


def refusal(recipe: Recipe, edition: Edition) -> str | None:
    """Why the training rows stay here, or None. Rows from elsewhere than the catalogue have no known licence."""
    for step in recipe.data:
        if step.use.startswith("load") and not _is_known(step.params.get("sources"), edition):
            return f"the step `{step.use}` reads rows whose licence is not in the catalogue"
    closed = [each for each in sources(recipe, edition) if not may_be_shared(each.licence)]
    return f"{closed[0].name}: {closed[0].licence}" if closed else None


def _is_known(names: Sequence[str] | None, edition: Edition) -> bool:
    return bool(names) and all(name in edition.sources for name in names or ())
