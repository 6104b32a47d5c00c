"""Scores stored predictions again: `python -m training.evaluate predictions.jsonl --task sst2`."""

import argparse
import json
import sys
from pathlib import Path

from training import extensions
from training.errors import RecipeError
from training.evaluate import rescore


def main(arguments: list[str] | None = None) -> int:
    """Command line; prints one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--task", required=True)
    options = parser.parse_args(arguments)
    try:
        task = extensions.load(extensions.TASKS, options.task)
        facts = rescore(options.predictions, task).facts()
    except (RecipeError, OSError, ValueError) as error:
        parser.error(str(error))
    sys.stdout.write(json.dumps({name: facts[name] for name in _SHOWN}) + "\n")
    return 0


_SHOWN = ("metric", "score", "interval", "rows")

if __name__ == "__main__":
    sys.exit(main())
