"""Sockets: who may connect, and that each event comes once and in order."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from explorer import live, store
from explorer.consumers import ProjectConsumer
from trex_web.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)


@sync_to_async
def write(project, count=1):
    for _ in range(count):
        with store.writing(project.pk, actor="ada") as log:
            log.add("log", {"lines": []})


def socket(project, *, after=0, user=None):
    communicator = WebsocketCommunicator(
        ProjectConsumer.as_asgi(), f"/ws/projects/{project.pk}/?after={after}"
    )
    communicator.scope["url_route"] = {"kwargs": {"project_id": project.pk}}
    communicator.scope["user"] = user or project.owner
    return communicator


async def seqs_until(communicator, last):
    found = []
    while not found or found[-1] < last:
        frame = json.loads(await communicator.receive_from(timeout=5))
        found += [event["seq"] for event in frame.get("events", [])]
    return found


async def closed_with(communicator):
    await communicator.connect()
    return (await communicator.receive_output(timeout=5))["code"]


async def test_a_late_socket_gets_every_event_once_and_in_order_and_then_the_new_ones(project):
    await write(project, 3)
    communicator = socket(project)
    await communicator.connect()
    assert await seqs_until(communicator, 3) == [1, 2, 3]
    assert json.loads(await communicator.receive_from(timeout=5)) == {
        "type": "caught_up",
        "seq": 3,
    }
    await write(project, 4)
    assert await seqs_until(communicator, 7) == [4, 5, 6, 7]
    await communicator.disconnect()


async def test_a_socket_resumes_after_the_last_event_it_saw(project):
    await write(project, 5)
    communicator = socket(project, after=3)
    await communicator.connect()
    assert await seqs_until(communicator, 5) == [4, 5]
    await communicator.disconnect()


async def test_a_lost_bell_costs_only_time(project, monkeypatch):
    # The layer's delivery is what is taken away here.
    monkeypatch.setattr(live, "ring", lambda project_id: None)
    communicator = socket(project)
    await communicator.connect()
    assert json.loads(await communicator.receive_from(timeout=5))["type"] == "caught_up"
    await write(project, 2)
    assert await seqs_until(communicator, 2) == [1, 2]
    await communicator.disconnect()


async def test_twenty_sockets_agree_while_events_are_written(project):
    sockets = [socket(project, after=0) for _ in range(20)]
    for communicator in sockets:
        await communicator.connect()
    reading = [asyncio.create_task(seqs_until(communicator, 60)) for communicator in sockets]
    await write(project, 60)
    assert await asyncio.gather(*reading) == [list(range(1, 61))] * 20
    for communicator in sockets:
        await communicator.disconnect()


async def test_a_socket_that_claims_to_have_seen_the_future_does_not_silence_others(project):
    await write(project, 1)
    liar, honest = socket(project, after=10**9), socket(project, after=1)
    await liar.connect()
    await honest.connect()
    await write(project, 1)
    assert await seqs_until(honest, 2) == [2]
    await liar.disconnect()
    await honest.disconnect()


async def test_without_a_login_the_socket_closes_with_4401(project):
    assert await closed_with(socket(project, user=AnonymousUser())) == 4401


async def test_an_unknown_project_closes_with_4404(project):
    communicator = socket(project)
    communicator.scope["url_route"]["kwargs"]["project_id"] = project.pk + 1
    assert await closed_with(communicator) == 4404


@pytest.mark.parametrize("after", ["-1", "x", "1e3", "²"])
async def test_a_bad_after_closes_with_4400(project, after):
    from urllib.parse import quote

    assert await closed_with(socket(project, after=quote(after))) == 4400


@pytest.mark.parametrize("origin", [b"http://evil.example", None])
async def test_a_page_of_another_origin_cannot_connect(project, origin):
    headers = [(b"host", b"localhost")] + ([(b"origin", origin)] if origin else [])
    communicator = WebsocketCommunicator(
        application, f"/ws/projects/{project.pk}/", headers=headers
    )
    connected, _ = await communicator.connect()
    assert not connected
