"""Who may call by SOAP, and how they say who they are."""

from datetime import timedelta

import pytest
from django.utils import timezone

from epm.models import Credential, EmailConnection
from tests.soap.raw import ENV11, WSSE, WSU, Caller, basic, token

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(credential: tuple[Credential, str], connection: EmailConnection) -> tuple[str, str]:
    """Credential id and secret."""
    return credential[0].pk, credential[1]


def test_it_takes_http_basic(nobody: Caller, credential: tuple[Credential, str], connection: EmailConnection) -> None:
    nobody.authorization = basic(credential)
    assert nobody.send().status == 200


def test_it_takes_a_bearer(nobody: Caller, pair: tuple[str, str]) -> None:
    nobody.authorization = f"Bearer {pair[0]}.{pair[1]}"
    assert nobody.send().status == 200


def test_it_takes_a_username_token(nobody: Caller, pair: tuple[str, str]) -> None:
    assert nobody.send(header=token(*pair)).status == 200


def test_it_asks_whoever_says_nothing(nobody: Caller) -> None:
    answer = nobody.send()
    assert (answer.status, answer.problem["code"]) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    "authorization", ["Basic ===", "Basic bm9ib2R5Om5vdGhpbmc=", "Bearer x.y", "Digest x", "Basic"]
)
def test_it_refuses_wrong_credentials(nobody: Caller, authorization: str) -> None:
    nobody.authorization = authorization
    answer = nobody.send()
    assert (answer.status, answer.faultcode, answer.problem["code"]) == (500, "Client", "not_authenticated")


def test_it_refuses_a_wrong_secret_in_a_token(nobody: Caller, pair: tuple[str, str]) -> None:
    assert nobody.send(header=token(pair[0], "wrong")).problem["code"] == "not_authenticated"


def test_it_goes_by_the_token_where_http_says_something_too(caller: Caller) -> None:
    assert caller.send(header=token("nobody", "wrong")).problem["code"] == "not_authenticated"


def test_it_refuses_a_digest_by_name(nobody: Caller, pair: tuple[str, str]) -> None:
    problem = nobody.send(header=token(*pair, type="Digest")).problem
    assert problem["code"] == "not_authenticated"
    assert "PasswordDigest" in problem["detail"]


def test_it_refuses_signatures_it_would_not_check(nobody: Caller, pair: tuple[str, str]) -> None:
    signature = '<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"/>'
    assert "Signature" in nobody.send(header=token(*pair, more=signature)).problem["detail"]


def test_it_refuses_a_token_without_a_password(nobody: Caller) -> None:
    header = f'<w:Security xmlns:w="{WSSE}"><w:UsernameToken><w:Username>x</w:Username></w:UsernameToken></w:Security>'
    assert nobody.send(header=header).problem["code"] == "not_authenticated"


@pytest.mark.parametrize(("ahead", "status"), [(60, 200), (-1, 500)])
def test_it_minds_when_a_header_expires(nobody: Caller, pair: tuple[str, str], ahead: int, status: int) -> None:
    expires = (timezone.now() + timedelta(seconds=ahead)).isoformat().replace("+00:00", "Z")
    stamp = f'<u:Timestamp xmlns:u="{WSU}"><u:Expires>{expires}</u:Expires></u:Timestamp>'
    assert nobody.send(header=token(*pair, more=stamp)).status == status


@pytest.mark.parametrize("expires", ["tomorrow", "2026-01-01T00:00:00", "2026-13-41T00:00:00Z"])
def test_it_refuses_an_expiry_it_cannot_read(nobody: Caller, pair: tuple[str, str], expires: str) -> None:
    stamp = f'<u:Timestamp xmlns:u="{WSU}"><u:Expires>{expires}</u:Expires></u:Timestamp>'
    assert nobody.send(header=token(*pair, more=stamp)).problem["code"] == "not_authenticated"


def test_it_ignores_a_token_for_another_actor(nobody: Caller, pair: tuple[str, str]) -> None:
    header = token(*pair).replace('e:mustUnderstand="1"', f'xmlns:e="{ENV11}" e:actor="http://gateway.example/"')
    header = header.replace(f' xmlns:e="{ENV11}" xmlns:e="{ENV11}"', f' xmlns:e="{ENV11}"')
    assert nobody.send(header=header).status == 401


def test_it_refuses_two_tokens(nobody: Caller, pair: tuple[str, str]) -> None:
    first = token(*pair)
    second = token("somebody", "else")
    inner = second[second.index("<w:UsernameToken>") : second.index("</w:Security>")]
    assert (
        nobody.send(header=first.replace("</w:Security>", f"{inner}</w:Security>")).problem["code"]
        == "not_authenticated"
    )
    assert nobody.send(header=first + second).problem["code"] == "invalid_request"


def test_it_minds_the_network(caller: Caller, credential: tuple[Credential, str]) -> None:
    credential[0].allowed_networks = "192.0.2.0/24"
    credential[0].save()
    assert caller.send().problem["code"] == "not_permitted"


def test_it_asks_for_a_credential_before_it_tells_what_is_wrong(nobody: Caller) -> None:
    assert nobody.send("<nonsense/>").problem["code"] == "not_authenticated"
