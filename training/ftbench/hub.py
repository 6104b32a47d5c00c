"""Reads FT-Bench data sets from the hub by their id; apart, so that what only scores never reaches the library."""

from collections.abc import Iterable

from training.errors import DataRefused
from training.ftbench.importing import Raw, with_columns


def rows(hub_id: str, columns: Iterable[str], *, split: str, part: str = "") -> list[Raw]:
    """Rows of one split of a hub data set, `part` being its configuration. Raises DataRefused."""
    import datasets

    try:
        found = datasets.load_dataset(hub_id, part or None, split=split)
    # What the library raises for a set that cannot be had is OSError or ValueError, by what is missing.
    except (OSError, ValueError) as error:
        first = str(error).split("\n")[0]
        raise DataRefused(
            hub_id, f"cannot be loaded, split={split!r}, part={part!r}: {first}"
        ) from error
    return with_columns(hub_id, list(found), columns)
