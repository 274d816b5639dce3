import pytest
from django.test import Client

CSP = "Content-Security-Policy"


@pytest.mark.parametrize("address", ["/api/docs", "/console/login/"])
def test_pages_are_protected(db: None, client: Client, address: str) -> None:
    assert CSP in client.get(address)


@pytest.mark.parametrize("address", ["/api/v1/status", "/soap/AppIntfWS"])
def test_answers_at_the_doors_carry_nothing_that_only_browsers_need(db: None, client: Client, address: str) -> None:
    answer = client.get(address)
    assert CSP not in answer
    assert not hasattr(answer.wsgi_request, "session")
