"""From the event table to many sockets: one reader in each process, woken by a bell or by a tail.

The table is the truth. A bell (channel layer) or a changed SQLite data version only says "look";
a lost bell costs at most one tick.
"""

import asyncio
import json
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import get_channel_layer
from django.db import DatabaseError, connection

from explorer.models import Event, Project

PAGE = 500
TAIL_S = 0.1
TICK_S = 1.0
"""Where no data version can be asked for, the table is looked at so often even without a bell."""

Row = tuple[int, str]
"""An event's seq and its JSON text."""

log = logging.getLogger(__name__)


def group(project_id: int) -> str:
    """The channel-layer group whose members hear this project's bell."""
    return f"project.{project_id}"


def ring(project_id: int) -> None:
    """Wake the readers of this project in every process. Call after commit: the row must be there first."""
    layer = get_channel_layer()
    if layer is not None:
        async_to_sync(layer.group_send)(group(project_id), {"type": "project.bell"})


def page_after(project_id: int, seq: int) -> list[Row]:
    """At most PAGE events after `seq`, oldest first."""
    events = Event.objects.filter(project_id=project_id, seq__gt=seq).order_by("seq")[:PAGE]
    return [(event.seq, json.dumps(event.as_json())) for event in events]


@dataclass(eq=False)
class Feed:
    """What this process knows of one project's newest events; lives on the event loop."""

    project_id: int
    last: int
    read_to: int
    """How far the tail thread has read; only that thread changes it."""
    recent: deque[Row] = field(default_factory=lambda: deque(maxlen=4 * PAGE))
    followers: set[asyncio.Event] = field(default_factory=set)

    def publish(self, rows: list[Row]) -> None:
        """Keep `rows`, which follow `last` without a gap, and wake the followers."""
        self.recent.extend(rows)
        self.last = rows[-1][0]
        for follower in self.followers:
            follower.set()

    def after(self, seq: int) -> list[Row] | None:
        """Known events after `seq`, or None when they are no longer in memory."""
        if seq >= self.last:
            return []
        if not self.recent or self.recent[0][0] > seq + 1:
            return None
        return [row for row in self.recent if row[0] > seq][:PAGE]


class Reader:
    """Reads new events once for all sockets of this process, in a thread with its own connection."""

    def __init__(self) -> None:
        self._feeds: dict[int, Feed] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._bell = threading.Event()
        self._version: int | None = None

    async def follow(self, project_id: int, after: int) -> AsyncIterator[list[Row]]:
        """Every event after `after`, once and in order, in pages; an empty page says "caught up"."""
        last = await sync_to_async(_last_seq)(project_id)
        feed, news, after = self._join(project_id, last), asyncio.Event(), min(after, last)
        feed.followers.add(news)
        try:
            caught_up = False
            while True:
                news.clear()
                rows = feed.after(after)
                if rows is None or not caught_up:
                    rows = await sync_to_async(page_after)(project_id, after)
                if rows:
                    after = rows[-1][0]
                    yield rows
                elif not caught_up:
                    caught_up = True
                    yield []
                else:
                    await news.wait()
        finally:
            self._leave(feed, news)

    def wake(self) -> None:
        """A bell rang: look at the table now."""
        self._bell.set()

    def _join(self, project_id: int, last: int) -> Feed:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._feeds, self._loop, self._thread = {}, loop, None
        feed = self._feeds.setdefault(project_id, Feed(project_id, last, read_to=last))
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(
                target=self._tail, args=(loop,), name="event-tail", daemon=True
            )
            self._thread.start()
        # An event may have come between the reading of `last` and now.
        self._bell.set()
        return feed

    def _leave(self, feed: Feed, news: asyncio.Event) -> None:
        feed.followers.discard(news)
        if not feed.followers and self._feeds.get(feed.project_id) is feed:
            del self._feeds[feed.project_id]

    def _tail(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._loop is loop and not loop.is_closed():
            try:
                self._look(loop)
            except DatabaseError:
                log.exception("The event table could not be read; trying again")
                connection.close()
            self._bell.wait(TAIL_S if self._feeds and connection.vendor == "sqlite" else TICK_S)
        connection.close()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        rung = self._bell.is_set()
        self._bell.clear()
        if self._feeds and (rung or self._changed()):
            for feed in list(self._feeds.values()):
                self._pull(loop, feed)

    def _pull(self, loop: asyncio.AbstractEventLoop, feed: Feed) -> None:
        while rows := page_after(feed.project_id, feed.read_to):
            feed.read_to = rows[-1][0]
            loop.call_soon_threadsafe(feed.publish, rows)

    def _changed(self) -> bool:
        if connection.vendor != "sqlite":
            return True
        with connection.cursor() as cursor:
            # Costs microseconds and changes with every commit of another connection.
            cursor.execute("PRAGMA data_version")
            version: int = cursor.fetchone()[0]
        changed, self._version = version != self._version, version
        return changed


def _last_seq(project_id: int) -> int:
    return Project.objects.values_list("last_seq", flat=True).get(pk=project_id)


reader = Reader()
