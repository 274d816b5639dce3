import pytest

from email_processor.outbound.expectation import expected_receipts
from epm.models import EmailConnection


@pytest.mark.parametrize(
    ("features", "notify", "expected"),
    [
        (None, "SUCCESS", None),
        ({"DSN": ""}, "SUCCESS,FAILURE,DELAY", ["success", "failure", "delay"]),
        ({"DSN": ""}, "NEVER", []),
        ({"SIZE": "1"}, "SUCCESS,FAILURE", ["failure"]),
        ({"SIZE": "1"}, "NEVER", ["failure"]),
    ],
)
def test_it_expects_what_the_server_can_report(
    features: dict[str, str] | None, notify: str, expected: list[str] | None
) -> None:
    assert expected_receipts([EmailConnection(ehlo_features=features)], notify) == expected


def test_the_sandbox_reports_all_that_is_asked_for() -> None:
    assert expected_receipts([], "SUCCESS,DELAY") == ["success", "delay"]


def test_it_expects_what_every_way_can_report() -> None:
    ways = [EmailConnection(ehlo_features={"DSN": ""}), EmailConnection(ehlo_features={})]
    assert expected_receipts(ways, "SUCCESS,FAILURE") == ["failure"]


def test_it_expects_nothing_certain_of_servers_yet_unknown() -> None:
    ways = [EmailConnection(ehlo_features={"DSN": ""}), EmailConnection(kind="direct", ehlo_features={"DSN": ""})]
    assert expected_receipts(ways, "SUCCESS") is None
