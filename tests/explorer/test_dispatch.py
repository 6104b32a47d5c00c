"""Hints to workers."""

import pytest
from celery import current_app

from explorer import dispatch


@pytest.mark.django_db(transaction=True)
def test_a_hint_that_cannot_be_sent_is_logged_and_undoes_nothing(monkeypatch, caplog):
    def refuse(*args, **kwargs):
        raise FileNotFoundError("no broker folder")

    # The broker is Celery's; only its refusal is played.
    monkeypatch.setattr(current_app, "signature", refuse)
    dispatch.run_node(7)
    assert "no broker folder" in caplog.text
