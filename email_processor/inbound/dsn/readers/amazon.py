"""Amazon SES events that arrive as mail: the JSON of a notification, alone or inside that of Amazon SNS."""

import json
from typing import Any

from .. import fields, limits
from ..mail import Mail
from ..reasons import explain
from ..report import Action, Report, ReportedRecipient

_ACTIONS = {"bounce": Action.FAILED, "delivery": Action.DELIVERED, "deliverydelay": Action.DELAYED}
_LISTS = {"bounce": "bouncedRecipients", "delivery": "recipients", "deliverydelay": "delayedRecipients"}


def read(mail: Mail) -> Report | None:
    if mail.is_from_person or not (mail.is_from_system or mail.is_automatic):
        return None  # people send such a text to each other
    text = mail.root.text.lstrip() if not mail.root.parts else mail.text.lstrip()
    if not text.startswith("{") or ("notificationType" not in text and "eventType" not in text):
        return None
    event = _event(_json(text))
    kind = str(event.get("notificationType") or event.get("eventType") or "").lower()
    about = event.get(kind if kind != "deliverydelay" else "deliveryDelay")
    if kind not in _ACTIONS or not isinstance(about, dict):
        return None
    return _report(event, about, kind)


def _json(text: str) -> Any:
    """The object at the start of the text; lines folded inside strings are joined again. None if there is none."""
    for candidate in (text, text.replace("\n ", "").replace("\n", "")):
        try:
            return json.JSONDecoder(strict=False).raw_decode(candidate)[0]
        except (ValueError, RecursionError):
            continue
    return None


def _event(value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and isinstance(value.get("Message"), str):
        value = _json(value["Message"])
    return value if isinstance(value, dict) else {}


def _report(event: dict[str, Any], about: dict[str, Any], kind: str) -> Report | None:
    listed = about.get(_LISTS[kind])
    entries = (
        [entry if isinstance(entry, dict) else {"emailAddress": entry} for entry in listed]
        if isinstance(listed, list)
        else []
    )
    recipients = [_recipient(entry, about, kind) for entry in entries[: limits.RECIPIENTS] if entry.get("emailAddress")]
    if not recipients:
        return None
    headers = _headers(event.get("mail"))
    return Report(
        reporting_mta=fields.split_type(_text(about.get("reportingMTA")))[1],
        original_envelope_id="",
        arrival_date=None,
        received_from_mta="",
        dsn_gateway="",
        fields=(),
        recipients=tuple(recipients),
        original_message_id=next((value for name, value in headers if name.lower() == "message-id"), ""),
        original_headers=headers,
        reader="amazon-ses",
        truncated=len(entries) > limits.RECIPIENTS,
    )


def _recipient(entry: dict[str, Any], about: dict[str, Any], kind: str) -> ReportedRecipient:
    diagnostic_type, diagnostic = fields.split_type(_text(entry.get("diagnosticCode") or about.get("smtpResponse")))
    action = _ACTIONS[kind]
    reported = _text(entry.get("status"))
    status = fields.best_status(reported, diagnostic, action)
    words = diagnostic or f"{_text(about.get('bounceType'))} {_text(about.get('bounceSubType'))}"
    return ReportedRecipient(
        final_recipient=fields.address(_text(entry["emailAddress"])),
        original_recipient="",
        action=action,
        status=status,
        reported_status=reported,
        diagnostic_code=diagnostic,
        diagnostic_type=diagnostic_type,
        remote_mta=_text(about.get("remoteMtaIp")),
        last_attempt_date=None,
        will_retry_until=None,
        final_log_id="",
        fields=tuple((str(name), _text(value)) for name, value in list(entry.items())[: limits.FIELDS]),
        reason=explain(status, words, action),
    )


def _headers(mail: Any) -> tuple[tuple[str, str], ...]:
    listed = mail.get("headers") if isinstance(mail, dict) else None
    pairs = (
        [(_text(one.get("name")), _text(one.get("value"))) for one in listed if isinstance(one, dict)]
        if isinstance(listed, list)
        else []
    )
    return tuple(pairs[: limits.HEADERS])


def _text(value: Any) -> str:
    return str(value if value is not None else "")[: limits.FIELD_CHARACTERS]
