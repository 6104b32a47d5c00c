"""What went wrong, from errors of every library, in one plain sentence."""

import errno

from training.errors import TrainingError

_FULL = (errno.ENOSPC, errno.EDQUOT)
# Libraries written in other languages wrap the system's error in their own, or only quote it.
_FULL_WORDS = (
    "no space left on device",
    "disk quota exceeded",
    "pytorchstreamwriter failed writing",
)
_MEMORY_WORDS = ("out of memory", "can't allocate memory", "cannot allocate memory")


def is_disk_full(error: BaseException) -> bool:
    """Whether the cause is a disk without space."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    text = str(error).lower()
    return any(words in text for words in _FULL_WORDS)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the cause is memory, of the machine or of a device."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(words in text for words in _MEMORY_WORDS)


def reason(error: Exception) -> str:
    """One plain sentence, saying what to do where that is known."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, TrainingError):
        return text
    if is_disk_full(error):
        return "The disk is full: free some space, then run the node again."
    if is_out_of_memory(error):
        return (
            "Out of memory: try a smaller per_device_train_batch_size, max_length or base model."
        )
    return f"{type(error).__name__}: {text}"[:500]
