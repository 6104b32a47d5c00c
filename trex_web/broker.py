"""Celery's filesystem broker, with messages that appear whole.

kombu 5 creates a message's file, then locks and fills it; a worker that polls in between reads an empty
file and dies of it. Here the file is filled under another name and renamed.
"""

import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Writes messages by rename; reads as kombu does."""

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        folder = Path(self.data_folder_out)
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}"
        # kombu takes files that end in `.QUEUE.msg`, and so not this one.
        unfinished = folder / f"{name}.unfinished"
        try:
            unfinished.write_text(dumps(message), "utf-8")
            unfinished.replace(folder / f"{name}.{queue}.msg")
        except OSError as error:
            raise ChannelError(f"cannot write a message into {folder}: {error}") from error


class Transport(filesystem.Transport):
    """The filesystem transport with the channel above."""

    Channel = Channel
