"""Writes a finished trial as a folder, or as a zip file, to take away: `python -m training.export RUN_DIR OUT`."""

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import NoReturn

from training.errors import TrainingError
from training.export import export
from training.export.archive import Status, pack

EXIT_STOPPED = 128 + signal.SIGTERM
_log = logging.getLogger("training.export")


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m training.export", description=__doc__)
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("out", type=Path, help="a folder that does not exist yet, or a file X.zip")
    parser.add_argument("--status", type=Path, help="a JSON file that tells how far a zip file is")
    parser.add_argument("--lifeline", action="store_true", help="end when standard input closes")
    options = parser.parse_args(arguments)
    if options.lifeline:
        threading.Thread(target=_end_with_supervisor, name="lifeline", daemon=True).start()
    if options.status:
        return _watched(options.run_dir, options.out, Status(options.status))
    try:
        if options.out.suffix == ".zip":
            pack(options.run_dir, options.out, lambda stage, done, total: None)
        else:
            export(options.run_dir, options.out)
    except (TrainingError, OSError) as error:
        parser.error(str(error))
    return 0


def _watched(run_dir: Path, archive: Path, status: Status) -> int:
    """Make the zip file; whatever happens, `status` ends with one sentence for people."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        trial = pack(run_dir, archive, status.tell)
    except (TrainingError, OSError) as error:
        status.say(status="failed", reason=_sentence(error))
        return 1
    except Exception as error:  # the person who waits is told, and the log has the whole story
        _log.exception("The export broke")
        status.say(status="failed", reason=f"The export broke: {type(error).__name__}: {error}")
        return 1
    size = archive.stat().st_size
    status.say(status="done", size_bytes=size, script_refusal=trial.script_refusal or "")
    return 0


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        name = f" ({Path(str(error.filename)).name})" if error.filename else ""
        return f"The export cannot be written: {error.strerror}{name}."
    return f"The trial cannot be exported: {error}."


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    # An exception, so that what is half-written is removed on the way out.
    raise SystemExit(EXIT_STOPPED)


def _end_with_supervisor() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
