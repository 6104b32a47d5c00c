"""Reads full FT-Bench data that people have put on this machine themselves."""

import csv
import os
from pathlib import Path

from training.data.catalogue import Row
from training.errors import DataRefused, RecipeError

FOLDER = "TREX_FTBENCH_DATA"
"""Environment variable: a folder with one folder for each task."""


def read(task: str, name: str) -> tuple[Row, ...]:
    """Rows of FOLDER/task/name, a tab-separated file with a header; quotes are plain characters.

    Raises RecipeError where the file is not there, DataRefused where it cannot be read.
    """
    path = Path(os.environ.get(FOLDER, "")) / task / name
    if not os.environ.get(FOLDER) or not path.is_file():
        raise RecipeError(
            "edition", "full", f"needs {task}/{name} in the folder that {FOLDER} names"
        )
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except UnicodeDecodeError as error:
        raise DataRefused(f"{task}/{name}", f"is not UTF-8 text at byte {error.start}") from error
    except (OSError, csv.Error) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise DataRefused(f"{task}/{name}", f"cannot be read: {words}") from error
