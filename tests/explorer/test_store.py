"""The event log: contiguous, in order, one transaction with the state it tells of."""

import threading

import pytest
from django.db import connection

from explorer import store
from explorer.models import Event, Project
from explorer.selectors import log as event_log
from explorer.selectors import trees


def seqs(project):
    return list(
        Event.objects.filter(project=project).order_by("seq").values_list("seq", flat=True)
    )


def write_and_fail(project):
    with store.writing(project.pk, actor="ada") as log:
        log.add("log", {"lines": []})
        raise RuntimeError


def test_events_of_a_project_are_numbered_from_one_without_gaps(project):
    for _ in range(3):
        with store.writing(project.pk, actor="ada") as log:
            log.add("log", {"lines": []})
            log.add("log", {"lines": []})
    assert seqs(project) == [1, 2, 3, 4, 5, 6]
    assert Project.objects.get(pk=project.pk).last_seq == 6


def test_a_failed_transaction_leaves_no_event_and_no_gap(project):
    with pytest.raises(RuntimeError):
        write_and_fail(project)
    with store.writing(project.pk, actor="ada") as log:
        log.add("log", {"lines": []})
    assert seqs(project) == [1]


@pytest.mark.django_db(transaction=True)
def test_six_threads_write_at_once_and_no_number_is_lost_or_doubled(project):
    def write():
        for _ in range(20):
            with store.writing(project.pk, actor="worker") as log:
                log.add("log", {"lines": []})
        connection.close()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seqs(project) == list(range(1, 121))


def test_a_snapshot_and_the_events_after_it_tell_the_whole_story(project, grow):
    grow(state="done", score=0.4)
    snapshot = trees.snapshot(project.pk)
    grow(project.nodes.get(), state="queued")
    later = event_log.events(project.pk, after=snapshot["seq"])["events"]
    assert [node["id"] for node in snapshot["nodes"]] == [0]
    assert [(event["kind"], event["data"]["id"]) for event in later] == [("node.created", 1)]


def test_a_page_of_events_says_whether_more_follow(project):
    with store.writing(project.pk, actor="ada") as log:
        for _ in range(5):
            log.add("log", {"lines": []})
    first = event_log.events(project.pk, limit=3)
    second = event_log.events(project.pk, after=first["last"], limit=3)
    assert (first["last"], first["more"]) == (3, True)
    assert ([event["seq"] for event in second["events"]], second["more"]) == ([4, 5], False)
