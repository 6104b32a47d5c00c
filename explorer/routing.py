"""Sockets."""

from typing import Any

from django.urls import path

from explorer.consumers import ProjectConsumer

# Django's stubs know paths of views only; Channels routes the same objects to consumers.
websocket_urlpatterns: list[Any] = [
    path("ws/projects/<int:project_id>/", ProjectConsumer.as_asgi()),  # type: ignore[arg-type]
]
