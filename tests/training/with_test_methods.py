"""`python -m training.run` that also knows the methods in `tests/training/methods`."""

import sys
from pathlib import Path

import training.methods
from training.run import main

training.methods.__path__.append(str(Path(__file__).parent / "methods"))

if __name__ == "__main__":
    sys.exit(main())
