"""Which devices a machine has, and what a process is let see; the driver's answer is given, for there is none here."""

import os

import pytest

from training import devices
from training.errors import RecipeError


@pytest.fixture
def machine(monkeypatch):
    """A machine with so many CUDA devices."""

    def make(count, *, visible=None, declared=None):
        monkeypatch.setattr(devices, "_count", lambda: count)
        for name, value in (("CUDA_VISIBLE_DEVICES", visible), ("TREX_CPU_DEVICES", declared)):
            monkeypatch.delenv(name, raising=False)
            if value is not None:
                monkeypatch.setenv(name, value)

    return make


@pytest.mark.parametrize(
    ("count", "visible", "declared", "names"),
    [
        (0, None, None, ()),
        (0, None, "2", ("cpu0", "cpu1")),
        (2, None, "3", ("0", "1")),
        (4, "2,GPU-5f", None, ("2", "GPU-5f")),
        (4, "", None, ()),
        (4, "1,-1,2", None, ("1",)),
    ],
)
def test_devices_have_the_names_that_cuda_takes(machine, count, visible, declared, names):
    machine(count, visible=visible, declared=declared)

    assert devices.available() == names


@pytest.mark.parametrize(("leased", "seen"), [(("1", "3"), "1,3"), ((), "0,1")])
def test_a_process_sees_what_was_leased_or_the_first(machine, leased, seen):
    machine(4)

    devices.take(leased, 2)

    assert os.environ["CUDA_VISIBLE_DEVICES"] == seen


def test_too_many_devices_are_refused_with_field_value_and_what_there_is(machine):
    machine(0)
    devices.refuse_too_many(1)
    with pytest.raises(RecipeError, match=r"recipe\.devices=2 .* has 0 CUDA devices"):
        devices.refuse_too_many(2)

    machine(0, declared="2")
    devices.refuse_too_many(2)
    with pytest.raises(RecipeError, match=r"recipe\.devices=3 .* has 2 CPU devices"):
        devices.refuse_too_many(3)


def test_a_declaration_that_is_no_number_is_named(machine):
    machine(0, declared="many")
    with pytest.raises(RecipeError, match="TREX_CPU_DEVICES='many' is not a whole number"):
        devices.available()
