"""WS-Security UsernameTokens that prove the secret by a digest (UsernameToken Profile 1.0, 3.1)."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test import Client
from django.utils import timezone
from lxml import etree
from zeep.wsse.username import UsernameToken

from app_interface.models import Nonce
from app_interface.soap.security import FRESH
from epm.models import Credential, EmailConnection
from tests.soap.raw import ENV11, PASSWORD, WSSE, WSU, Caller

pytestmark = pytest.mark.django_db
BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"


@pytest.fixture
def pair(credential: tuple[Credential, str], connection: EmailConnection) -> tuple[Credential, str]:
    """A credential that takes digests, and its secret."""
    row = credential[0]
    row.takes_digest = True
    secret = row.renew_secret()
    row.save()
    return row, secret


def now(ago: timedelta = timedelta()) -> str:
    return (datetime.now(UTC) - ago).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def digest(
    user: str,
    secret: str,
    *,
    nonce: bytes = b"0123456789abcdef",
    created: str = "",
    instead: Mapping[str, str] | None = None,
) -> str:
    """A Security header; `instead` replaces parts of it."""
    created = created or now()
    value = base64.b64encode(hashlib.sha1(nonce + created.encode() + secret.encode()).digest()).decode()
    parts = {
        "nonce": f'<w:Nonce EncodingType="{BASE64}">{base64.b64encode(nonce).decode()}</w:Nonce>',
        "created": f"<u:Created>{created}</u:Created>",
        "password": f'<w:Password Type="{PASSWORD}Digest">{value}</w:Password>',
        **(instead or {}),
    }
    return (
        f'<w:Security xmlns:w="{WSSE}" xmlns:u="{WSU}" xmlns:e="{ENV11}" e:mustUnderstand="1"><w:UsernameToken>'
        f"<w:Username>{user}</w:Username>{''.join(parts.values())}</w:UsernameToken></w:Security>"
    )


def test_it_takes_a_digest(nobody: Caller, pair: tuple[Credential, str]) -> None:
    assert nobody.send(header=digest(pair[0].pk, pair[1])).status == 200


def test_it_refuses_the_digest_of_a_wrong_secret(nobody: Caller, pair: tuple[Credential, str]) -> None:
    problem = nobody.send(header=digest(pair[0].pk, "wrong")).problem
    assert problem["detail"] == "The credential does not exist or its secret is wrong."
    assert not Nonce.objects.exists()


def test_it_takes_a_nonce_once(nobody: Caller, pair: tuple[Credential, str]) -> None:
    header = digest(pair[0].pk, pair[1])
    assert nobody.send(header=header).status == 200
    problem = nobody.send(header=header).problem
    assert (problem["code"], "Nonce came before" in problem["detail"]) == ("not_authenticated", True)


def test_it_forgets_a_nonce_when_the_call_would_be_too_old_anyway(nobody: Caller, pair: tuple[Credential, str]) -> None:
    nobody.send(header=digest(pair[0].pk, pair[1], nonce=b"first"))
    Nonce.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    nobody.send(header=digest(pair[0].pk, pair[1], nonce=b"second"))
    assert Nonce.objects.count() == 1


@pytest.mark.parametrize("ago", [FRESH + timedelta(minutes=1), -FRESH - timedelta(minutes=1), timedelta(days=700_000)])
def test_it_refuses_a_call_of_another_time(nobody: Caller, pair: tuple[Credential, str], ago: timedelta) -> None:
    problem = nobody.send(header=digest(pair[0].pk, pair[1], created=now(ago))).problem
    assert "Created is" in problem["detail"]


@pytest.mark.parametrize(
    "instead",
    [
        {"nonce": ""},
        {"nonce": "<w:Nonce/>"},
        {"nonce": "<w:Nonce>%%%</w:Nonce>"},
        {"nonce": '<w:Nonce EncodingType="urn:hex">00</w:Nonce>'},
        {"created": ""},
        {"created": "<u:Created>now</u:Created>"},
        {"created": "<u:Created>2026-01-01T00:00:00</u:Created>"},
        {"created": "<u:Created>0001-01-01T00:00:00+14:00</u:Created>"},
        {"created": "<u:Created>9999-12-31T23:59:59-14:00</u:Created>"},
        {"password": f'<w:Password Type="{PASSWORD}Digest"/>'},
        {"password": f'<w:Password Type="{PASSWORD}Digest">ü</w:Password>'},
    ],
)
def test_it_refuses_what_is_no_digest(nobody: Caller, pair: tuple[Credential, str], instead: dict[str, str]) -> None:
    answer = nobody.send(header=digest(pair[0].pk, pair[1], instead=instead))
    assert (answer.status, answer.problem["code"]) == (500, "not_authenticated")


def test_it_refuses_a_digest_by_name_where_only_a_hash_is_kept(
    nobody: Caller, credential: tuple[Credential, str]
) -> None:
    known, unknown = (nobody.send(header=digest(id, credential[1])).problem for id in (credential[0].pk, "epm-none"))
    assert "PasswordDigest" in known["detail"]
    assert known == unknown


def test_it_takes_a_digest_of_the_old_secret_while_it_counts(nobody: Caller, pair: tuple[Credential, str]) -> None:
    row, old = pair
    row.renew_secret(old_until=timezone.now() + timedelta(hours=1))
    row.save()
    assert nobody.send(header=digest(row.pk, old, nonce=b"1")).status == 200
    row.end_old_secret()
    row.save()
    assert nobody.send(header=digest(row.pk, old, nonce=b"2")).problem["code"] == "not_authenticated"


def test_it_keeps_no_secret_of_a_credential_that_takes_no_digest(pair: tuple[Credential, str]) -> None:
    row = pair[0]
    assert row.kept_secrets() == [pair[1]]
    row.takes_digest = False
    row.save()
    assert Credential.objects.get().kept_secrets() == []


def test_a_kept_secret_is_encrypted(pair: tuple[Credential, str]) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT * FROM epm_credential")
        assert pair[1] not in str(cursor.fetchall())


def test_it_minds_network_and_expiry_of_a_digest_too(nobody: Caller, pair: tuple[Credential, str]) -> None:
    pair[0].allowed_networks = "192.0.2.0/24"
    pair[0].save()
    assert nobody.send(header=digest(pair[0].pk, pair[1])).problem["code"] == "not_permitted"


def test_the_ready_made_client_zeep_is_understood(client: Client, pair: tuple[Credential, str]) -> None:
    envelope = etree.fromstring(f'<e:Envelope xmlns:e="{ENV11}"><e:Header/><e:Body/></e:Envelope>')
    token = UsernameToken(pair[0].pk, pair[1], use_digest=True)
    signed, _ = token.apply(envelope, {})
    header = etree.tostring(signed[0][0]).decode()
    assert Caller(client, "").send(header=header).status == 200
