"""Processes die with -9; nothing is lost, nothing is doubled, and the search goes on."""

import os
import signal

import psutil
import pytest

from tests.serving import SocketReader, assert_contiguous, states, trex_demo, trex_serve

pytestmark = pytest.mark.faults


def training_node(events):
    """The number of a trial that is in the middle of its training, or None."""
    running = {}
    for event in events:
        if event["kind"] == "node.changed" and event["node"] and "state" in event["data"]:
            running[event["node"]] = event["data"]["state"] == "running"
        if event["kind"] == "metric" and running.get(event["node"]):
            return event["node"]
    return None


def search_is_finished(events):
    """The last thing that happens in a search: after it the log stays as it is."""
    return events[-1]["kind"] == "project.changed" and events[-1]["data"]["state"] == "finished"


def test_a_worker_killed_in_training_loses_its_lease_and_the_node_is_run_again(tmp_path):
    with trex_demo(tmp_path, nodes=1, TREX_LEASE_S="4", TREX_RUN_SLOTS="1") as trex:
        reader = SocketReader(trex)
        node = reader.wait_for(training_node, timeout_s=120)
        orphans, killed = trex.training_pids(), trex.pid("worker")
        os.kill(killed, signal.SIGKILL)
        reader.wait_for(lambda events: states(events, node)[-1] == "done", timeout_s=180)
        assert states(reader.events, node) == ["running", "queued", "running", "done"]
        assert trex.nodes()[node]["attempt"] == 2
        assert trex.pid("worker") != killed
        assert orphans
        assert not any(psutil.pid_exists(pid) for pid in orphans)
        reader.wait_for(search_is_finished, timeout_s=20)
        assert_contiguous(trex.events())
        assert reader.events == trex.events()


def test_a_killed_web_process_stops_no_training_and_the_sockets_miss_nothing(tmp_path):
    with trex_demo(tmp_path, nodes=1) as trex:
        reader = SocketReader(trex)
        node = reader.wait_for(training_node, timeout_s=120)
        training, killed = trex.training_pids(), trex.pid("web")
        os.kill(killed, signal.SIGKILL)
        trex.wait_until(lambda: trex.pid("web") != killed, timeout_s=20)
        assert trex.training_pids() == training
        reader.wait_for(lambda events: states(events, node)[-1] == "done", timeout_s=180)
        assert states(reader.events, node) == ["running", "done"]
        assert reader.connections >= 2
        reader.wait_for(search_is_finished, timeout_s=20)
        assert_contiguous(reader.events)
        assert reader.events == trex.events()


def test_pruning_a_running_node_ends_its_process_group_within_five_seconds(tmp_path):
    with trex_demo(tmp_path, nodes=1, TREX_RUN_SLOTS="1") as trex:
        reader = SocketReader(trex)
        node = reader.wait_for(training_node, timeout_s=120)
        training = trex.training_pids()
        assert training
        assert trex.act(f"nodes/{node}/prune/", reason="not worth it") == 204
        trex.wait_until(lambda: not any(psutil.pid_exists(pid) for pid in training), timeout_s=5)
        assert trex.nodes()[node]["state"] == "cancelled"
        assert trex.nodes()[node]["pruned_reason"] == "not worth it"


def test_ctrl_c_ends_every_process_and_a_later_start_goes_on(tmp_path):
    with trex_demo(tmp_path, nodes=1) as trex:
        node = SocketReader(trex).wait_for(training_node, timeout_s=120)
        processes = psutil.Process(trex.process.pid).children(recursive=True)
        trex.process.send_signal(signal.SIGINT)
        assert trex.process.wait(timeout=30) == 0
        assert not [process for process in processes if process.is_running()]
        assert "The tree:" in trex.text()
    with trex_serve(tmp_path) as trex:
        reader = SocketReader(trex)
        reader.wait_for(lambda events: states(events, node)[-1:] == ["done"], timeout_s=180)
        assert states(reader.events, node) == ["running", "queued", "running", "done"]
        assert_contiguous(reader.events)


def test_a_killed_supervisor_leaves_no_process_behind(tmp_path):
    with trex_demo(tmp_path, nodes=1) as trex:
        SocketReader(trex).wait_for(training_node, timeout_s=120)
        processes = psutil.Process(trex.process.pid).children(recursive=True)
        assert len(processes) >= 4
        trex.process.kill()
        trex.process.wait()
        _, alive = psutil.wait_procs(processes, timeout=25)
        assert alive == []
