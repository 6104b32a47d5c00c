"""Libraries that only some tasks need, and that the extra `ftbench` installs."""

import importlib
from typing import Any

from training.errors import MissingLibrary

EXTRA = "ftbench"


def library(module: str) -> Any:
    """The module. Raises MissingLibrary, which names the extra."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        # A module that is there and lacks something of its own is another fault.
        if error.name is None or not module.startswith(error.name):
            raise
        raise MissingLibrary(module.split(".")[0], EXTRA) from error
