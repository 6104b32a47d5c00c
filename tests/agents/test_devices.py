"""Leases of devices: no two holders share one, and a holder that dies holds nothing."""

import os
import signal

import pytest

from agents.devices import Devices


@pytest.fixture
def devices(tmp_path):
    """As another worker on this machine sees them."""
    return lambda: Devices(tmp_path, ("0", "1", "MIG-a/1"))


def test_no_two_workers_lease_the_same_device(devices):
    one, other = devices().lease(2), devices().lease(1)

    assert (one.names, other.names) == (("0", "1"), ("MIG-a/1",))
    assert devices().lease(1) is None


def test_a_lease_that_cannot_be_whole_holds_nothing(devices):
    held = devices().lease(2)
    assert devices().lease(2) is None
    held.release()

    assert devices().lease(3).names == ("0", "1", "MIG-a/1")


def test_more_than_there_are_is_nothing_to_wait_for(devices, tmp_path):
    assert devices().lease(4).names == ()
    assert Devices(tmp_path, ()).lease(1).names == ()


def test_the_devices_of_a_killed_worker_are_free_at_once(devices):
    ready, ready_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        held = devices().lease(3)
        os.write(ready_end, b"." if held else b"")
        signal.pause()
    os.read(ready, 1)
    assert devices().lease(1) is None

    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)

    assert devices().lease(3) is not None
