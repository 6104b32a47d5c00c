"""Who may say that a file or hub data set may be trained on: a person, never a Researcher."""

from collections.abc import Iterator, Mapping
from typing import Any

from explorer.models import Project
from training.errors import LicenceRefused
from training.recipe import Recipe

NOT_PEOPLE = ("researcher", "search")
"""Authors of nodes that are no people; what they wrote declares nothing."""
Terms = tuple[str | None, str | None, str, str]
"""Path, hub id, revision and licence: the whole statement, for another revision may have another licence."""


def refuse_undeclared(made: Recipe, project: Project) -> None:
    """Raises LicenceRefused where `made`, a Researcher's, allows training on what no person in this tree has allowed.

    made: complete. A person's recipe anywhere in the tree is the declaration that its children may repeat.
    """
    claims = dict(_claims(made.model_dump(mode="json")))
    if not claims:
        return
    declared = _declared(project)
    for place, terms in claims.items():
        if terms not in declared:
            path, hub, _, licence = terms
            reason = (
                f"is for a person to say of {path or hub!r} under the licence {licence!r}: "
                "no recipe that a person wrote in this project says so"
            )
            raise LicenceRefused(f"data.{place}.load.training_allowed", True, reason)


def _declared(project: Project) -> set[Terms]:
    people = project.nodes.exclude(author__in=NOT_PEOPLE).values_list("recipe", flat=True)
    return {terms for recipe in people for _, terms in _claims(recipe)}


def _claims(recipe: Mapping[str, Any]) -> Iterator[tuple[int, Terms]]:
    """Place of each data step that allows training on files or a hub data set, with what it says."""
    for place, step in enumerate(recipe["data"]):
        params = step["params"]
        if params.get("training_allowed") and (params.get("path") or params.get("hub")):
            yield place, (params["path"], params["hub"], params["revision"], params["licence"])
