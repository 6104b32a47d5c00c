"""The Celery app: messages are hints that hold ids; the database is the truth."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trex_web.settings")

app = Celery("trex")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# By name: the tasks' models need the app registry, which is not there yet.
app.steps["worker"].add("explorer.tasks:Sweeper")
