"""The app's configuration."""

from django.apps import AppConfig


class ExplorerConfig(AppConfig):
    """TREX Explorer."""

    name = "explorer"
    default_auto_field = "django.db.models.BigAutoField"
