"""Django's settings. Importing them touches neither disk nor database: see `database.py`."""

import os
import secrets
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.utils.functional import SimpleLazyObject

from tallystick.wiring.paths import tallystick_home

DOMAINS = (
    "tenants", "staff", "currencies", "parties", "catalog", "orders", "contracts", "inventory",
    "usage", "balances", "ledger", "invoices", "payments", "collections", "partners", "cases",
    "documents", "outbox", "reservations",
)  # fmt: skip
"""The nouns, one app each, in dependency order; those not built yet are passed over."""


def read_secret_key(home: Path) -> str:
    """The installation's signing key: from the environment, else from the home, made at first."""
    if given := os.environ.get("TALLYSTICK_SECRET_KEY"):
        return given
    path = home / "secret.key"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        unfinished = home / f"secret.key.{os.getpid()}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(unfinished, flags, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        # The first of two makers wins, and both read the same key.
        try:
            os.link(unfinished, path)
        except FileExistsError:
            pass
        finally:
            unfinished.unlink()
    return path.read_text()


def _unconfigured() -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "tallystick",
        "HOST": "/database-not-configured",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def _built(nouns: Iterable[str]) -> list[str]:
    apps = [f"tallystick.domain.{noun}" for noun in nouns]
    return [app for app in apps if find_spec(app) and find_spec(f"{app}.apps")]


SECRET_KEY = SimpleLazyObject(lambda: read_secret_key(tallystick_home()))
DEBUG = os.environ.get("TALLYSTICK_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("TALLYSTICK_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "tallystick.gates.console",
    *_built(DOMAINS),
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# `default` binds to what an operator may see; `owner` owns the tables and runs migrations. The
# place is filled in by `configure_database`; until then a connection fails and says so.
DATABASES = {"default": _unconfigured(), "owner": _unconfigured()}

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "tallystick.wiring.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

STATIC_URL = "static/"
# Serves what the packages ship straight from them; no collectstatic step to forget.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Django tells its console of broken pages only while debugging; ours always does.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"handlers": ["stderr"], "level": "ERROR"}},
}
