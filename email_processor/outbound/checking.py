"""What a submission must satisfy before it is accepted. Every refusal names its code and its field (contract.md 5)."""

import re
from datetime import datetime

from django.conf import settings

from email_processor.outbound.addresses import ascii_domain, domain_of, wire_address
from email_processor.outbound.envelope import original_recipient, xtext
from email_processor.outbound.submission import Destination, Mailbox, Refused, Submission
from epm.models import Application
from epm.validation import covers, lines_of

_STRUCTURAL = frozenset(
    (
        "from",
        "sender",
        "to",
        "cc",
        "bcc",
        "date",
        "subject",
        "message-id",
        "received",
        "return-path",
        "x-epm-message-id",
    )
)
_STRUCTURAL_FAMILIES = ("mime-", "content-", "dkim-", "domainkey-", "arc-", "resent-")
_ONCE = frozenset(("reply-to", "in-reply-to", "references", "list-unsubscribe", "list-unsubscribe-post"))
_FIELD_NAME = re.compile(r"[!-9;-~]{1,76}\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_WORD = r"[\w!#$&^.+-]+"
_CONTENT_TYPE = re.compile(rf'{_WORD}/{_WORD}(?:[ \t]*;[ \t]*{_WORD}=(?:{_WORD}|"[^"\\\x00-\x1f\x7f]*"))*\Z', re.ASCII)
_NOTIFY = frozenset(("SUCCESS", "FAILURE", "DELAY"))
_PRINTABLE = re.compile(r"[ -~]+\Z")
_ORCPT = re.compile(r"(?:[A-Za-z0-9-]+;[!-~]+|utf-8;[^\x00-\x20\x7f]+)\Z", re.IGNORECASE)
# RFC 3461 4.2 and 4.4 bound them as they are encoded on the wire.
_ENVID_LENGTH, _ORCPT_LENGTH = 100, 500
_ID_CHARACTERS = 200


def check_frame(submission: Submission, now: datetime) -> None:
    """Raises Refused for the first thing that stands against all mails that have this one's sender, headers and options."""
    _check_application(submission)
    _check_sender(submission)
    _check_headers(submission)
    _check_options(submission)
    _check_lengths(submission)
    _check_times(submission, now)


def check_mail(submission: Submission) -> None:
    """Raises Refused for the first thing that stands against this very mail."""
    _check_destinations(submission)
    _check_text(submission.subject, "subject")
    if submission.attachments:
        _check_attachments(submission)


def check_notify(notify: str, field: str = "notify") -> None:
    """NOTIFY (RFC 3461 4.1): empty, NEVER alone, or a mix of the others, each once."""
    if not notify:
        return
    words = notify.split(",")
    if words != ["NEVER"] and (set(words) - _NOTIFY or len(set(words)) < len(words)):
        raise Refused("invalid_request", "notify is NEVER, or any of SUCCESS, FAILURE and DELAY", field=field)


def _check_application(submission: Submission) -> None:
    application = submission.application
    if application is None:
        return
    if application.zone_id != submission.zone.pk:
        raise Refused("unknown_application", "The application is not of this zone.", field="applicationName")
    if not application.enabled:
        raise Refused(
            "application_disabled", f"The application {application.name} is disabled.", field="applicationName"
        )


def _check_sender(submission: Submission) -> None:
    _check_mailbox(submission.sender, "from")
    address = submission.sender.address
    if not covers(lines_of(submission.zone.sender_domains), domain_of(address)):
        detail = f"The zone {submission.zone.name} may not send from {domain_of(address)}."
        raise Refused("sender_not_allowed", detail, field="from")
    if submission.application is not None and not _application_may_send_from(submission.application, address):
        detail = f"The application {submission.application.name} may not send from {address}."
        raise Refused("sender_not_allowed", detail, field="from")


def _application_may_send_from(application: Application, address: str) -> bool:
    allowed = {_wire_sender(line) for line in application.allowed_senders.split()}
    return not allowed or bool(allowed & {wire_address(address), f"@{domain_of(address)}"})


def _wire_sender(allowed: str) -> str:
    local, _, domain = allowed.rpartition("@")
    return f"{local}@{ascii_domain(domain)}"


def _check_destinations(submission: Submission) -> None:
    if not submission.destinations:
        raise Refused("no_recipients", "The mail has no recipients.", field="to")
    if len(submission.destinations) > settings.EPM_RECIPIENT_LIMIT:
        detail = f"A mail has at most {settings.EPM_RECIPIENT_LIMIT} recipients."
        raise Refused("too_many_recipients", detail, field="to")
    for destination in submission.destinations:
        _check_destination(destination)


def _check_destination(destination: Destination) -> None:
    _check_mailbox(destination.mailbox, destination.kind)
    check_notify(destination.notify)
    orcpt = destination.orcpt
    if orcpt and (not _ORCPT.match(orcpt) or len(original_recipient(orcpt)) > _ORCPT_LENGTH):
        raise Refused("invalid_request", "orcpt has the form type;address (RFC 3461 4.2)", field="orcpt")


def _check_mailbox(mailbox: Mailbox, field: str) -> None:
    try:
        wire_address(mailbox.address)
    except ValueError as error:
        raise Refused("invalid_request", f"{mailbox.address!r} is no address: {error}", field=str(field)) from error
    _check_text(mailbox.name, field)


def _check_attachments(submission: Submission) -> None:
    if sum(len(file.content) for file in submission.attachments) > settings.EPM_MESSAGE_LIMIT:
        detail = f"All attachments together have at most {settings.EPM_MESSAGE_LIMIT:,} octets."
        raise Refused("message_too_large", detail, field="attachments")
    for file in submission.attachments:
        _check_text(file.file_name, "attachments")
        if not _CONTENT_TYPE.match(file.content_type) or file.content_type.lower().startswith("multipart/"):
            raise Refused(
                "invalid_request", f"{file.content_type!r} is no content type of an attachment", field="attachments"
            )


def _check_headers(submission: Submission) -> None:
    seen = {"reply-to"} if submission.options.reply_to else set()
    seen |= {"list-unsubscribe", "list-unsubscribe-post"} if submission.options.unsubscribe else set()
    for name, value in submission.headers:
        _check_header(name, value)
        if name.lower() in seen:
            raise Refused("invalid_request", f"The header {name} is given twice.", field="headers")
        seen |= {name.lower()} & _ONCE


def _check_header(name: str, value: str) -> None:
    if not _FIELD_NAME.match(name):
        raise Refused("invalid_request", f"{name!r} is no name of a header", field="headers")
    if name.lower() in _STRUCTURAL or name.lower().startswith(_STRUCTURAL_FAMILIES):
        raise Refused("invalid_request", f"The header {name} is written by the platform alone.", field="headers")
    if name.lower() == "tls-required":
        raise Refused("invalid_request", "TLS-Required (RFC 8689) cannot be honoured here.", field="headers")
    _check_text(value, "headers")


def _check_options(submission: Submission) -> None:
    options = submission.options
    check_notify(options.notify)
    for mailbox in options.reply_to:
        _check_mailbox(mailbox, "replyTo")
    if options.envid and (not _PRINTABLE.match(options.envid) or len(xtext(options.envid)) > _ENVID_LENGTH):
        detail = f"envid has at most {_ENVID_LENGTH} printable ASCII characters (RFC 3461 4.4)"
        raise Refused("invalid_request", detail, field="envid")
    # RFC 8058 3.1: one-click wants https.
    if options.unsubscribe and not re.match(r"https://[!-;=?-~]+\Z", options.unsubscribe):
        raise Refused("invalid_request", "unsubscribe is an https URL (RFC 8058)", field="unsubscribe")


def _check_lengths(submission: Submission) -> None:
    given = {"ucid": submission.ucid, "sessionID": submission.caller_session, "parentID": submission.parent}
    for field, text in given.items():
        if len(text) > _ID_CHARACTERS:
            raise Refused("invalid_request", f"{field} has at most {_ID_CHARACTERS} characters", field=field)


def _check_times(submission: Submission, now: datetime) -> None:
    options = submission.options
    if options.expire_at is not None and options.expire_at <= now:
        raise Refused("invalid_request", "expireAt is past", field="expireAt")
    if options.expire_at is not None and options.send_at is not None and options.send_at >= options.expire_at:
        raise Refused("invalid_request", "sendAt is not before expireAt", field="sendAt")
    if options.tell_by is not None and options.tell_by <= now:
        raise Refused("invalid_request", "tellBy is past", field="tellBy")


def _check_text(text: str, field: str) -> None:
    """No CR, LF, NUL or other control character may reach a header: that is how headers are smuggled in."""
    if _CONTROL.search(text):
        detail = "line breaks and control characters are not allowed here"
        raise Refused("invalid_request", detail, field=str(field))
