"""Reports with a message/delivery-status part, and those of RFC 6533 with message/global-delivery-status."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from . import fields, limits, wording
from .mail import OTHER_REPORTS, Mail
from .mime import Entity
from .reasons import explain
from .report import Action, Reason, Report, ReportedRecipient

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_STATUS_STARTS = ("reporting-mta:", "final-recipient:", "original-envelope-id:", "arrival-date:")


def read(mail: Mail) -> Report | None:
    """The report of the mail's own status part (never of one in a mail it returns), None without one that names a recipient."""
    if not mail.is_report and (mail.is_from_person or not (mail.is_from_system or mail.has_report_subject)):
        return None  # somebody forwards a report's parts
    # Some have a status part for each recipient.
    reports = [report for part in _status_parts(mail) if (report := _read_part(mail, part)) is not None]
    return join(reports) if reports else None


def join(reports: list[Report]) -> Report:
    """All their recipients in one, with the message fields of the first."""
    if len(reports) == 1:
        return reports[0]
    recipients = [recipient for report in reports for recipient in report.recipients]
    return replace(
        reports[0], recipients=tuple(recipients[: limits.RECIPIENTS]), truncated=_is_truncated(reports, recipients)
    )


def _is_truncated(reports: list[Report], recipients: list[ReportedRecipient]) -> bool:
    return any(report.truncated for report in reports) or len(recipients) > limits.RECIPIENTS


def _read_part(mail: Mail, part: Entity) -> Report | None:
    report = read_status(mail, part.text, "rfc3464")
    return replace(report, truncated=True) if report is not None and part.is_cut else report


def read_status(mail: Mail, text: str, reader: str) -> Report | None:
    """The report in the text of a status part, None if it names no recipient."""
    message, blocks, truncated = fields.split_blocks(text)
    report = _report(mail, message, blocks, reader, truncated)
    return report if report.recipients else None


def _status_parts(mail: Mail) -> Iterable[Entity]:
    parts = [part for part in mail.parts if not part.parts]
    labelled = [part for part in parts if part.content_type in _STATUS_TYPES]
    others = [part for part in parts if part.content_type not in OTHER_REPORTS]
    return labelled or [part for part in others if part.text.lstrip()[:40].lower().startswith(_STATUS_STARTS)]


def with_message_fields(report: Report, mail: Mail) -> Report:
    """The report of another reader, with what a status part that names no recipient says about the message."""
    message = next((fields.split_blocks(part.text)[0] for part in _status_parts(mail)), fields.Block())
    if not message:
        return report
    own = _report(mail, message, [], report.reader, report.truncated)
    return replace(own, recipients=report.recipients, reporting_mta=own.reporting_mta or report.reporting_mta)


def _report(mail: Mail, message: fields.Block, blocks: list[fields.Block], reader: str, truncated: bool) -> Report:
    return Report(
        reporting_mta=fields.split_type(message.get("reporting-mta"))[1],
        original_envelope_id=message.get("original-envelope-id"),
        arrival_date=fields.date(message.get("arrival-date")),
        received_from_mta=fields.split_type(message.get("received-from-mta"))[1],
        dsn_gateway=fields.split_type(message.get("dsn-gateway"))[1],
        fields=tuple(message),
        recipients=tuple(one for block in blocks if (one := _recipient(block, mail)).final_recipient),
        original_message_id=mail.original_message_id or message.get("x-original-message-id"),
        original_headers=mail.original_headers,
        reader=reader,
        truncated=truncated,
    )


def _recipient(block: fields.Block, mail: Mail) -> ReportedRecipient:
    said = defaultdict(str, block.values())
    original = fields.address(said["original-recipient"])
    final = fields.address(said["final-recipient"]) or fields.address(said["x-actual-recipient"]) or original
    if final.isalnum() and not original:
        final = mail.address_of(final)
    diagnostic_type, diagnostic = fields.split_type(said["diagnostic-code"])
    reported = said["status"]
    action = fields.action(said["action"]) or _implied_action(said["will-retry-until"], reported or diagnostic, mail)
    status = _status(mail, original or final, reported, diagnostic, action)
    return ReportedRecipient(
        final_recipient=final,
        original_recipient=original,
        action=action,
        status=status,
        reported_status=reported,
        diagnostic_code=diagnostic,
        diagnostic_type=diagnostic_type,
        remote_mta=fields.split_type(said["remote-mta"])[1],
        last_attempt_date=fields.date(said["last-attempt-date"]),
        will_retry_until=fields.date(said["will-retry-until"]),
        final_log_id=said["final-log-id"],
        fields=tuple(block),
        reason=_reason(mail, original or final, status, diagnostic, action),
        handed_on=action is Action.DELIVERED and _is_handed_on(mail, original, final),
    )


def _is_handed_on(mail: Mail, *addresses: str) -> bool:
    """RFC 3461 6.2.4 calls that relayed."""
    if not mail.speaks_of_handing_on:
        return False
    return any(wording.HANDED_ON.search(mail.notice.about(address)) for address in addresses if address)


def _status(mail: Mail, address: str, reported: str, diagnostic: str, action: Action) -> str:
    """By the fields; where they tell no more than a class, by what the notice beside them says about the address."""
    status = fields.best_status(reported, diagnostic, action)
    if not fields.is_vague(status) or diagnostic or address.lower() not in mail.notice.text.lower():
        return status
    return fields.best_status(status, mail.notice.about(address), action)


def _reason(mail: Mail, address: str, status: str, diagnostic: str, action: Action) -> Reason:
    """By the fields; where they tell nothing, by what the notice beside them says about the address."""
    reason = explain(status, diagnostic, action)
    if reason.word != "undefined":
        return reason
    return explain(status, mail.notice.about(address), action)


def _implied_action(retry_until: str, code: str, mail: Mail) -> Action:
    """For a block without Action, against RFC 3464 2.3.3: a receipt of success must say so, all else is a failure.

    A block that says nothing at all was cut off: then the notice beside it is asked.
    """
    if retry_until or mail.is_warning:
        return Action.DELAYED
    if not code:
        return mail.implied_action
    return Action.DELIVERED if fields.statuses(code)[:1] and fields.statuses(code)[0][0] == "2" else Action.FAILED
