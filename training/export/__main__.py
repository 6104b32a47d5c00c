"""Writes a finished trial as a folder to take away: `python -m training.export RUN_DIR OUT`."""

import argparse
import sys
from pathlib import Path

from training.errors import TrainingError
from training.export import export


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m training.export", description=__doc__)
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("out", type=Path, help="a folder that does not exist yet")
    options = parser.parse_args(arguments)
    try:
        export(options.run_dir, options.out)
    except (TrainingError, OSError) as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
