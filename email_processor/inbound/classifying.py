"""What kind of mail came in. A mistake about a person's mail is the worst there is: in doubt a mail is regular."""

from dataclasses import dataclass
from enum import StrEnum

from .dsn import mime, wording
from .dsn.complaint import Complaint, read_complaint
from .dsn.disposition import ReadReport, read_disposition
from .dsn.mail import Mail
from .dsn.parser import parse_mail
from .dsn.report import Report


class Kind(StrEnum):
    DELIVERY_REPORT = "delivery_report"
    READ_REPORT = "read_report"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto_reply"
    REGULAR = "regular"


_ANSWERING_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-fc-machinegenerated",
)
_ANSWERING_PRECEDENCE = frozenset({"auto_reply", "auto-reply", "autoreply"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What a mail turned out to be, and what it says where it is a report, a read report or a complaint."""

    kind: Kind
    said: Report | ReadReport | Complaint | None = None


def read(raw: bytes) -> Reading:
    """Classify the mail and read what is in it, by one parse. Never raises.

    Complaints: RFC 5965. Read reports: RFC 8098. Delivery reports: RFC 3464, RFC 6533 and the free-text forms.
    Auto-replies: RFC 3834 and what people's programs really send.
    """
    mail = Mail(mime.parse(raw))
    if (complaint := read_complaint(mail)) is not None:
        return Reading(Kind.COMPLAINT, complaint)
    if (report := parse_mail(mail)) is not None:
        return Reading(Kind.DELIVERY_REPORT, report)
    if (disposition := read_disposition(mail)) is not None:
        return Reading(Kind.READ_REPORT, disposition)
    return Reading(Kind.AUTO_REPLY if _is_auto_reply(mail) else Kind.REGULAR)


def classify(raw: bytes) -> Kind:
    """The kind of a mail as raw bytes. Never raises."""
    return read(raw).kind


def _is_auto_reply(mail: Mail) -> bool:
    header = mail.root.header
    if header("auto-submitted").strip().lower().startswith("auto-replied"):
        return True
    if any(header(name) and header(name).strip().lower() not in ("no", "false") for name in _ANSWERING_HEADERS):
        return True
    if {header("precedence").strip().lower(), header("x-precedence").strip().lower()} & _ANSWERING_PRECEDENCE:
        return True
    return _has_answering_subject(mail)


def _has_answering_subject(mail: Mail) -> bool:
    """The subject alone is enough only in the form servers write; "Out of office next week" may be a colleague's news."""
    match = wording.ANSWERING_SUBJECT.match(mail.subject[:300])
    if match is None:
        return False
    header = mail.root.header
    machine = mail.has_null_sender or mail.is_automatic or header("x-auto-response-suppress") or header("in-reply-to")
    return bool(match["colon"] or machine)
