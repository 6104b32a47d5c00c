"""The GPU benchmark where there is no GPU: its code runs, and it claims nothing."""

import json

import pytest

from benchmarks import gpu
from benchmarks.gpu import LOSS, SPEED


@pytest.fixture
def outcome(monkeypatch, capsys):
    """What it prints last with some options, after it has ended with status 0."""

    def get(*options):
        monkeypatch.setattr("sys.argv", ["gpu", "--json", *options])
        assert gpu.main() == 0
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    return get


def test_without_a_device_nothing_is_claimed(outcome, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)

    told = outcome()

    reason = "this machine has no CUDA device"
    assert (told["bars"], told["samples"]) == ([], [])
    assert told["not_measured"] == {SPEED: reason, LOSS: reason}


def test_a_tiny_pair_trains_the_same_tokens_from_the_same_weights(outcome):
    told = outcome("--tiny")

    peer, ours = told["samples"]
    assert (peer["method"], ours["method"], told["bars"]) == ("trl", "trex", [])
    assert peer["tokens"] == ours["tokens"] > 0
    assert ours["loss"] == pytest.approx(peer["loss"], abs=0.05)


def test_the_bars_are_medians_of_pairs():
    samples = [
        {"tokens": tokens, "seconds": 2.0, "loss": loss}
        for tokens, loss in (
            (100, 2.0),
            (160, 2.02),
            (100, 2.0),
            (300, 1.98),
            (100, 2.0),
            (170, 2.0),
        )
    ]

    assert [(bar.value, bar.holds) for bar in gpu.bars(samples)] == [
        (1.7, True),
        (pytest.approx(0.0), True),
    ]
