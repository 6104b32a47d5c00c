"""A socket is a cursor over the event table: it sends what follows `?after=`, and nothing twice."""

import asyncio
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from explorer import live
from explorer.models import Project

LOGIN_REQUIRED = 4401
NOT_FOUND = 4404
BAD_REQUEST = 4400


class ProjectConsumer(AsyncJsonWebsocketConsumer):
    """Events of one project, for a logged-in person; docs/events.md describes the frames.

    Closes with 4401 without a login, 4404 without such a project, 4400 when `after` is no number of 0 or more.
    """

    _pump: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Check who asks and for what, then start sending."""
        await self.accept()
        if refusal := await self._refusal():
            await self.close(refusal)
            return
        self.project_id: int = self.scope["url_route"]["kwargs"]["project_id"]
        if self.channel_layer is not None:
            await self.channel_layer.group_add(live.group(self.project_id), self.channel_name)
        self._pump = asyncio.create_task(self._send_events(self._after()))

    async def disconnect(self, code: int) -> None:
        """Stop sending."""
        if self._pump is None:
            return
        self._pump.cancel()
        if self.channel_layer is not None:
            await self.channel_layer.group_discard(live.group(self.project_id), self.channel_name)

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any
    ) -> None:
        """Steering comes by HTTP; what is sent here is not read."""

    async def project_bell(self, message: dict[str, Any]) -> None:
        """Something was committed: look now rather than at the next tick."""
        live.reader.wake()

    async def _refusal(self) -> int | None:
        user = self.scope["user"]
        if user is None or not user.is_authenticated:
            return LOGIN_REQUIRED
        if self._after() < 0:
            return BAD_REQUEST
        project_id = self.scope["url_route"]["kwargs"]["project_id"]
        exists = await database_sync_to_async(Project.objects.filter(pk=project_id).exists)()
        return None if exists else NOT_FOUND

    def _after(self) -> int:
        text = parse_qs(self.scope["query_string"].decode()).get("after", ["0"])[0]
        return int(text) if text.isascii() and text.isdigit() else -1

    async def _send_events(self, after: int) -> None:
        last = after
        async for rows in live.reader.follow(self.project_id, after):
            if rows:
                last = rows[-1][0]
                await self.send(
                    '{"type": "events", "events": [' + ", ".join(text for _, text in rows) + "]}"
                )
            else:
                await self.send_json({"type": "caught_up", "seq": last})
