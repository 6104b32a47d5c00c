"""The Django app: models, people, pages, sockets and Celery tasks."""
