"""Settings: embedded defaults on one machine; DATABASE_URL, REDIS_URL and TREX_HOME move it elsewhere."""

import math
import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured


def _number(name: str, default: float, *, low: float, high: float) -> float:
    """A number from the environment. Raises ImproperlyConfigured with name and value."""
    text = os.environ.get(name, str(default))
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{name}={text!r} is not in {low:g}..{high:g}")
    return number


def _choice(name: str, *allowed: str) -> str:
    """A word from the environment, the first by default. Raises ImproperlyConfigured with name and value."""
    text = os.environ.get(name, allowed[0])
    if text not in allowed:
        raise ImproperlyConfigured(f"{name}={text!r} is not one of {', '.join(allowed)}")
    return text


BASE_DIR = Path(__file__).resolve().parent.parent
TREX_HOME = Path(os.environ.get("TREX_HOME", "~/.trex")).expanduser().resolve()
TREX_RUNS = TREX_HOME / "runs"
TREX_CACHE = TREX_HOME / "cache"
CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
TREX_RUN_SLOTS = int(_number("TREX_RUN_SLOTS", min(CPUS, 4), low=1, high=64))
"""Training runs at once on this machine; the CPU's threads are divided among them."""
TREX_LEASE_S = _number("TREX_LEASE_S", 15, low=2, high=3600)
"""A worker that has not renewed its lease for so long has lost its run."""
TREX_LLM_MODEL = os.environ.get("TREX_LLM_MODEL", "")
"""Language model that data steps ask, as litellm names it; empty for none."""
TREX_LLM_BASE_URL = os.environ.get("TREX_LLM_BASE_URL", "")
TREX_LLM_API_KEY = os.environ.get("TREX_LLM_API_KEY", "")
TREX_LLM_TIMEOUT_S = _number("TREX_LLM_TIMEOUT_S", 60, low=1, high=240)
"""A call to the language model without its whole answer by then is given up."""
TREX_GENERATE_WITH = _choice("TREX_GENERATE_WITH", "transformers", "vllm")
"""What writes the answers that a run of this machine is scored by."""
TREX_SINGLE_USER = os.environ.get("TREX_SINGLE_USER", "1") == "1"
"""Visitors from this machine's loopback address are logged in as the user `local`."""


def _secret_key() -> str:
    """From TREX_SECRET_KEY, or the file that `trex` makes; else one that dies with the process."""
    key_file = TREX_HOME / "secret_key"
    if key := os.environ.get("TREX_SECRET_KEY"):
        return key
    return key_file.read_text().strip() if key_file.exists() else secrets.token_urlsafe(50)


SECRET_KEY = _secret_key()
DEBUG = os.environ.get("TREX_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("TREX_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [
    origin for origin in os.environ.get("TREX_ORIGINS", "").split(",") if origin
]

INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "channels",
    "csp",
    "template_partials",
    "explorer",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "trex_web.local_user.LocalUserMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
ROOT_URLCONF = "trex_web.urls"
ASGI_APPLICATION = "trex_web.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def _database() -> dict[str, Any]:
    url = os.environ.get("DATABASE_URL", f"sqlite:///{TREX_HOME / 'trex.sqlite3'}")
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(url))
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError) as error:
        # The address may hold a password: it is not repeated.
        raise ImproperlyConfigured(
            "DATABASE_URL is no address like postgresql://user@host/name"
        ) from error
    if found["ENGINE"].endswith("sqlite3"):
        # WAL and IMMEDIATE: with the default, two thirds of read-then-write transactions fail as locked.
        found["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
        found["TEST"] = {"NAME": os.environ.get("TREX_TEST_DATABASE")}
    return found


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "projects"
LOGOUT_REDIRECT_URL = "login"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

STATIC_URL = "/static/"
STATIC_ROOT = TREX_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "trex_web.static_storage.HashedModules"},
}

REDIS_URL = os.environ.get("REDIS_URL")
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        }
    }
    CELERY_BROKER_URL = REDIS_URL
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_BROKER_TRANSPORT = "trex_web.broker:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(TREX_HOME / "broker"),
        "data_folder_out": str(TREX_HOME / "broker"),
        "control_folder": str(TREX_HOME / "broker-control"),
        "polling_interval": 0.1,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "trex"
# Hints are worth nothing after a while: the sweep sends them again from the database.
CELERY_TASK_DEFAULT_EXPIRES = 30

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("TREX_LOG_LEVEL", "WARNING")},
}
