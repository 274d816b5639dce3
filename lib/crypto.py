"""Secrets at rest: a model field that is encrypted in the database and plain in Python.

Keys come from `settings.EPM_FIELD_KEYS`, newest first, independent of SECRET_KEY, so that either can be rotated alone:
put a new key in front, run `manage.py rotate_field_keys`, drop the old one.
"""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class UnreadableSecret(Exception):
    """A stored secret that none of the keys in EPM_FIELD_KEYS opens."""


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text kept as a Fernet token (AES-128-CBC with HMAC-SHA256). The empty string is kept as it is."""

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> str | None:
        return open_sealed(value) if value else value

    def get_prep_value(self, value: Any) -> str | None:
        text: str | None = super().get_prep_value(value)
        return seal(text) if text else text


def seal(text: str) -> str:
    """`text` encrypted with the newest key."""
    return _keys(tuple(settings.EPM_FIELD_KEYS)).encrypt(text.encode()).decode("ascii")


def open_sealed(token: str) -> str:
    """The text inside `token`. Raises UnreadableSecret where no key fits."""
    try:
        return _keys(tuple(settings.EPM_FIELD_KEYS)).decrypt(token).decode()
    except InvalidToken as error:
        raise UnreadableSecret("a stored secret does not open with any key in EPM_FIELD_KEYS") from error


@lru_cache(maxsize=4)
def _keys(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
