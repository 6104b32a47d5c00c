"""Settings for tests: a home of their own, hints that nobody reads, static files under plain names."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_home = tempfile.mkdtemp(prefix="trex-tests-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ |= {
    "TREX_HOME": _home,
    "HF_HUB_OFFLINE": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "TREX_TEST_DATABASE": str(Path(_home) / "test.sqlite3"),
}
_OURS = ("DATABASE_URL", "REDIS_URL", "TREX_SECRET_KEY", "TREX_LLM_MODEL", "TREX_LLM_BASE_URL")
for name in (*_OURS, "TREX_LLM_API_KEY"):
    os.environ.pop(name, None)

from trex_web.settings import *  # noqa: E402, F403

CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT = None
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, str] = {}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = Path(_home)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
