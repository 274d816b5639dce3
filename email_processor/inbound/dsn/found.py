"""From what a free-text reader found to a Report."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from . import fields, limits
from .mail import Mail
from .reasons import explain, is_telling
from .report import Action, Report, ReportedRecipient


@dataclass(frozen=True, slots=True)
class Found:
    """An address in a notice, and what stands there about it."""

    address: str
    diagnostic: str
    original: str = ""


def telling(*texts: str) -> str:
    """The first text with a reason in it that we know, else the first that says anything."""
    said = [text for text in texts if text]
    return next(filter(is_telling, said), said[0] if said else "")


_SUCCEEDED = re.compile(r"(?:delivered|relayed|succe\w{2,10}|sent|ok|2\d\d)\b", re.IGNORECASE)


def is_success(said: str) -> bool:
    """A line or a diagnosis that tells of one who has got the mail, as lists of all recipients do."""
    return bool(_SUCCEEDED.match(said.strip()))


def report(mail: Mail, reader: str, found: Iterable[Found], reporting_mta: str = "") -> Report | None:
    """A Report of what was found, each address once and with a server's answer if there is one; None if nothing was."""
    unique: dict[str, Found] = {}
    for one in found:
        known = unique.get(one.address.lower())
        if known is None or (fields.reply_code(one.diagnostic) and not fields.reply_code(known.diagnostic)):
            unique[one.address.lower()] = one
    failed = {key: one for key, one in unique.items() if not is_success(one.diagnostic)}
    unique = failed or unique
    if not unique:
        return None
    prose = mail.notice.prose
    action = mail.implied_action
    context = f"{prose}\n{mail.own_subject}" if not is_telling(prose) else prose
    return Report(
        reporting_mta=reporting_mta,
        original_envelope_id="",
        arrival_date=None,
        received_from_mta="",
        dsn_gateway="",
        fields=(),
        recipients=tuple(_recipient(one, action, context) for one in list(unique.values())[: limits.RECIPIENTS]),
        original_message_id=mail.original_message_id,
        original_headers=mail.original_headers,
        reader=reader,
        truncated=len(unique) > limits.RECIPIENTS,
    )


def _recipient(found: Found, action: Action, context: str) -> ReportedRecipient:
    status = fields.best_status("", found.diagnostic, action)
    reason = explain(status, found.diagnostic, action)
    return ReportedRecipient(
        final_recipient=found.address,
        original_recipient=found.original,
        action=action,
        status=status,
        reported_status="",
        diagnostic_code=found.diagnostic,
        diagnostic_type="",
        remote_mta="",
        last_attempt_date=None,
        will_retry_until=None,
        final_log_id="",
        fields=(),
        reason=reason if reason.word != "undefined" else explain(status, context, action),
    )
