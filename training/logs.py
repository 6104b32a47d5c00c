"""What this process and its libraries say, as log events of the run."""

import logging
import warnings

from training.events import EventWriter


class _EventHandler(logging.Handler):
    """Log records of this process as log events."""

    def __init__(self, writer: EventWriter) -> None:
        super().__init__(logging.INFO)
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        """Write one log event."""
        self._writer.emit("log", level=record.levelname.lower(), text=record.getMessage())


def route(writer: EventWriter) -> None:
    """Logs and warnings become events; libraries speak from warnings up, this package from information up."""
    logging.basicConfig(handlers=[_EventHandler(writer)], level=logging.WARNING, force=True)
    logging.getLogger("training").setLevel(logging.INFO)
    logging.captureWarnings(True)
    # Deprecations are for those who write this program, not for those who run it.
    warnings.simplefilter("ignore", FutureWarning)
    warnings.simplefilter("ignore", DeprecationWarning)


def quieten_libraries() -> None:
    """Progress bars go nowhere; what libraries log goes the way of all logs."""
    import datasets
    from transformers.utils import logging as transformers_logging

    datasets.disable_progress_bars()
    transformers_logging.disable_progress_bar()
    transformers_logging.disable_default_handler()
    transformers_logging.enable_propagation()
