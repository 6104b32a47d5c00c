"""Settings from the environment: a wrong value is named, and none is guessed."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from trex_web.settings import _choice


def test_a_choice_is_the_first_word_unless_another_is_set(monkeypatch):
    monkeypatch.delenv("TREX_GENERATE_WITH", raising=False)
    assert _choice("TREX_GENERATE_WITH", "transformers", "vllm") == "transformers"
    monkeypatch.setenv("TREX_GENERATE_WITH", "vllm")
    assert _choice("TREX_GENERATE_WITH", "transformers", "vllm") == "vllm"


def test_a_word_that_is_no_choice_is_refused_with_those_that_are(monkeypatch):
    monkeypatch.setenv("TREX_GENERATE_WITH", "VLLM")
    with pytest.raises(
        ImproperlyConfigured, match=r"TREX_GENERATE_WITH='VLLM' is not one of transformers, vllm"
    ):
        _choice("TREX_GENERATE_WITH", "transformers", "vllm")
