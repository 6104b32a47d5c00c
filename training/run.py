"""Runs one experiment: `python -m training.run RUN_DIR`. Ends by writing `result.json`, whatever happens."""

import argparse
import contextlib
import os
import signal
import sys
import threading
import traceback
from pathlib import Path

from training import logs
from training.data.offline import ENVIRONMENT
from training.ending import EXIT_CANCELLED, EXIT_FAILED
from training.errors import Cancelled, TrainingError
from training.events import EventWriter
from training.experiment import Run
from training.failures import reason
from training.rundir import RunDir


def execute(path: Path) -> int:
    """Run what `path`/recipe.json says; the exit status: 0 done, 1 failed, 143 cancelled."""
    run_dir = RunDir(path)
    with run_dir.writer() as writer:
        run = Run(run_dir, writer)
        run.ending.watch()
        logs.route(writer)
        try:
            run_dir.reserve()
            run.work(run_dir.spec())
        except Cancelled as error:
            run.ending.finish("cancelled", str(error))
            return EXIT_CANCELLED
        except Exception as error:
            _tell(error, writer)
            run.ending.finish("failed", reason(error))
            return EXIT_FAILED
        run.ending.finish("done")
    return 0


def _tell(error: Exception, writer: EventWriter) -> None:
    """The whole story in the log, unless the reason is one; a full disk takes no log."""
    if isinstance(error, TrainingError) and error.__cause__ is None:
        return
    with contextlib.suppress(OSError):
        writer.emit("log", level="error", text=traceback.format_exc())


def end_with_supervisor() -> None:
    """Kill this process group when standard input closes, so that no run outlives who watches it."""
    threading.Thread(target=_wait_for_end, name="lifeline", daemon=True).start()


def _wait_for_end() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m training.run", description=__doc__)
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--lifeline", action="store_true", help="end when standard input closes")
    options = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    if options.lifeline:
        end_with_supervisor()
    return execute(options.run_dir)


if __name__ == "__main__":
    sys.exit(main())
