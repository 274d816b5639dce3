import pytest
from cryptography.fernet import Fernet
from django.db import connection as database
from pytest_django import Settings

from epm.models import EmailConnection
from lib import crypto


def test_it_keeps_a_password_encrypted_in_the_database(connection: EmailConnection) -> None:
    connection.password = "hush"
    connection.save()
    with database.cursor() as cursor:
        cursor.execute("select password from epm_emailconnection")
        [stored] = cursor.fetchone()
    assert "hush" not in stored
    connection.refresh_from_db()
    assert connection.password == "hush"


def test_it_opens_what_an_older_key_sealed(settings: Settings) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.EPM_FIELD_KEYS = [old]
    sealed = crypto.seal("hush")
    settings.EPM_FIELD_KEYS = [new, old]
    assert crypto.open_sealed(sealed) == "hush"


def test_it_says_when_no_key_fits(settings: Settings) -> None:
    sealed = crypto.seal("hush")
    settings.EPM_FIELD_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(crypto.UnreadableSecret):
        crypto.open_sealed(sealed)
