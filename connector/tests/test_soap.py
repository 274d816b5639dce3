"""What only concerns SOAP; the calls themselves are tested against the platform."""

import pytest
from epm_connector import ConnectorError, Email, EmailNotificationConnector, lists
from stub import Platform


def test_it_writes_pairs_that_can_be_read_back() -> None:
    assert lists.pairs([("a", "1;2"), ("b", "c=d\\")]) == r"a=1\;2;b=c=d\\"


def test_it_refuses_a_name_that_cannot_stand_in_a_list() -> None:
    with pytest.raises(ConnectorError, match="equals sign"):
        lists.pairs([("a=b", "c")])


def test_it_spells_out_email_parameters() -> None:
    parameters = {
        "tag": ["a", "b"],
        "metadata": {"order": 17},
        "sandbox": True,
        "replyTo": ["a@x.example", "b@x.example"],
    }
    email = Email(sender="a@example.com", to="b@example.com", parameters=parameters, idempotency_key="k")
    assert list(lists.email_parameters(email)) == [
        ("idempotencyKey", "k"),
        ("tag", "a"),
        ("tag", "b"),
        ("metadata.order", "17"),
        ("sandbox", "true"),
        ("replyTo", "a@x.example, b@x.example"),
    ]


@pytest.mark.parametrize(
    ("status", "code"), [(404, "unexpected_answer"), (200, "unexpected_answer"), (503, "unreachable")]
)
def test_it_knows_a_stranger_by_its_description(platform: Platform, status: int, code: str) -> None:
    platform.answer(status, b"<html>Welcome</html>")
    connector = EmailNotificationConnector(platform.url, "x", "y", protocol="soap", attempts=1)
    with connector, pytest.raises(ConnectorError) as refusal:
        connector.status("m-1")
    assert refusal.value.code == code
