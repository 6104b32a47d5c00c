"""Wiring: settings, URLs, ASGI, the Celery app and the `trex` command."""

from trex_web.celery import app as celery_app

__all__ = ["celery_app"]
