"""Which delivery reports a caller may expect, told at acceptance from what the server said when last greeted."""

from epm.models import EmailConnection

_KINDS = {"SUCCESS": "success", "FAILURE": "failure", "DELAY": "delay"}


def expected_receipts(connection: EmailConnection | None, notify: str) -> list[str] | None:
    """The reports (success, failure, delay) that may come for `notify` (RFC 3461 4.1); None where no EHLO was seen yet.

    No connection is the sandbox, whose simulated servers know DSN. A server without DSN hears nothing of NOTIFY and reports
    failures alone, asked or not (RFC 5321 4.5.5 and 6.1).
    """
    features = {"DSN": ""} if connection is None else connection.ehlo_features
    if features is None:
        return None
    if "DSN" not in features:
        return ["failure"]
    return [_KINDS[word] for word in notify.split(",") if word in _KINDS]
