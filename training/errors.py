"""Every error that training raises on purpose; each message names the field and the value."""


class TrainingError(Exception):
    """Root of this package's errors."""


class RecipeError(TrainingError):
    """A recipe cannot be run as written: `field` is a dotted path, `value` what stood there."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(f"{field}={value!r} {reason}")
        self.field = field
        self.value = value


class UnknownExtension(RecipeError):
    """No file of that name adds an extension of that kind."""


class LicenceRefused(RecipeError):
    """A data source's licence forbids training on it."""


class RowRefused(TrainingError):
    """A value from a file does not fit the task's column."""

    def __init__(self, column: str, value: object, reason: str) -> None:
        super().__init__(f"column {column!r}: {value!r} {reason}")
        self.column = column


class DataRefused(TrainingError):
    """A data file or data set cannot be read as it stands."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name!r} {reason}")
        self.name = name
        self.reason = reason


class AskRefused(TrainingError):
    """What a data step asked a language model is not answered."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step} got no answers: {reason}")


class MissingLibrary(TrainingError):
    """A library that an extra of this project installs is not there."""

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(
            f"{library} is not installed: pip install 'trex-explorer[{extra}]' adds it"
        )


class EmptyData(TrainingError):
    """The data recipe leaves no row to train on."""


class ModelNotFound(TrainingError):
    """The base model is neither bundled, nor a folder with a model, nor in the local hub cache."""


class ModelUnusable(TrainingError):
    """A model's folder is there, and what is in it cannot be loaded or trained."""


class Diverged(TrainingError):
    """The loss became NaN, infinite, or passed its bound."""


class TrialFailed(TrainingError):
    """The few steps before a training already showed what would end it."""

    def __init__(self, steps: int, planned: int, reason: str) -> None:
        super().__init__(
            f"Found in the trial before training, after {steps} of {planned} steps: {reason}"
        )


class Cancelled(TrainingError):
    """The run was asked to stop."""


class RankLost(TrainingError):
    """One of the processes that train together has ended."""


class BrokenCheckpoint(TrainingError):
    """A checkpoint is not, byte for byte, what was written."""


class NotExportable(TrainingError):
    """The run is no finished trial, or lacks what its export is written from."""
