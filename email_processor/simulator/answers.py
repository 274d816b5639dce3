"""What readers send back: complaints, read reports, automatic answers and replies. Values in, the bytes of a mail out."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses
from functools import partial

from email_processor.simulator.behaviours import Answer
from email_processor.simulator.envelope import ReceivedMail
from email_processor.simulator.reports import (
    header_lines,
    message_id,
    multipart_report,
    parsed_headers,
    part,
    returned_part,
    text_part,
)

_POSTABLE = re.compile(r"[^\s<>\x00-\x1f\x7f]+@[^\s<>@\x00-\x1f\x7f]+\Z")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to post: `sender` is "" for the null sender, `make` writes it for the moment of posting."""

    sender: str
    recipient: str
    make: Callable[[datetime], bytes]


@dataclass(frozen=True, slots=True)
class Case:
    """A mail and who read it; `token` makes the answer's Message-ID and boundary."""

    mail: ReceivedMail
    reader: str
    original: EmailMessage
    host: str
    token: str

    def header(self, name: str) -> str:
        return " ".join(str(self.original.get(name, "")).split())

    def addresses(self, name: str) -> list[str]:
        return [address for _, address in getaddresses([self.header(name)]) if _POSTABLE.match(address)]


def letters(answer: Answer, mail: ReceivedMail, reader: str, host: str, token: str) -> Iterator[Letter]:
    """The letters `reader` sends about `mail`, whose return path is not null (RFC 3834, 2; RFC 8098, 2.1)."""
    case = Case(mail, reader, parsed_headers(mail.headers), host, token)
    for to in _ADDRESSEES[answer](case):
        yield Letter(reader if answer is Answer.REPLY else "", to, partial(_WRITERS[answer], case, to))


def _return_path(case: Case) -> list[str]:
    return [case.mail.mail_from]


def _who_asked(case: Case) -> list[str]:
    """RFC 8098, 2.1: those whom Disposition-Notification-To names; From, where the field is there but names nobody."""
    if not case.header("Disposition-Notification-To"):
        return []
    return case.addresses("Disposition-Notification-To") or case.addresses("From")[:1]


def _unless_automatic(case: Case) -> list[str]:
    """RFC 3834, 2: no automatic answer to a mail that is itself automatic or comes from a list."""
    automatic = case.header("Auto-Submitted").lower() not in ("", "no")
    if automatic or case.header("List-Id") or case.header("Precedence").lower() in ("bulk", "junk", "list"):
        return []
    return [case.mail.mail_from]


def _correspondent(case: Case) -> list[str]:
    return (case.addresses("Reply-To") or case.addresses("From") or [case.mail.mail_from])[:1]


def _complaint(case: Case, to: str, now: datetime) -> bytes:
    """RFC 5965: text, message/feedback-report, the mail itself."""
    fields = [
        ("Feedback-Type", "abuse"),
        ("User-Agent", "SimulatedWorld/1.0"),
        ("Version", "1"),
        ("Original-Mail-From", f"<{case.mail.mail_from}>"),
        ("Original-Rcpt-To", f"<{case.reader}>"),
        ("Arrival-Date", format_datetime(case.mail.received_at)),
        ("Reported-Domain", case.mail.mail_from.rpartition("@")[2]),
    ]
    parts = [
        text_part("A reader reported this mail as unwanted.\n"),
        part("message/feedback-report", header_lines(fields)),
        returned_part(case.mail.content, full=True),
    ]
    headers = _headers(case, f"Feedback loop <feedback@{case.host}>", to, "Complaint about a mail", now)
    return multipart_report(headers, "feedback-report", parts, case.token)


def _read(case: Case, to: str, now: datetime) -> bytes:
    """RFC 8098; RFC 6533, 5 for a reader with a UTF-8 address."""
    utf8 = not case.reader.isascii()
    kind = "global-disposition-notification" if utf8 else "disposition-notification"
    fields = [
        ("Reporting-UA", f"{case.host}; Simulated reader"),
        ("Final-Recipient", f"{'utf-8' if utf8 else 'rfc822'}; {case.reader}"),
        *([("Original-Message-ID", case.header("Message-ID"))] if case.header("Message-ID") else []),
        ("Disposition", "manual-action/MDN-sent-manually; displayed"),
    ]
    parts = [
        text_part(f"The mail to {case.reader} was displayed. This does not say that it was understood.\n"),
        part(f"message/{kind}", header_lines(fields)),
        returned_part(case.mail.headers, full=False),
    ]
    headers = [*_headers(case, f"<{case.reader}>", to, "Read report", now), ("Auto-Submitted", "auto-replied")]
    return multipart_report([*headers, *_threading(case)], kind, parts, case.token)


def _vacation(case: Case, to: str, now: datetime) -> bytes:
    """RFC 3834, 3.1."""
    headers = _headers(case, f"<{case.reader}>", to, f"Auto: {_ascii(case.header('Subject'))}", now)
    mark = ("Auto-Submitted", "auto-replied (vacation)")
    return _plain([*headers, mark, *_threading(case)], "I am away and will read your mail when I am back.\n")


def _reply(case: Case, to: str, now: datetime) -> bytes:
    """A person's answer: no mark of a machine."""
    subject = _ascii(case.header("Subject"))
    subject = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    text = f"Thank you for your mail.\n\nOn {case.header('Date')} you wrote:\n{_quoted(case.mail.content)}"
    return _plain([*_headers(case, f"<{case.reader}>", to, subject, now), *_threading(case)], text)


def _headers(case: Case, sender: str, to: str, subject: str, now: datetime) -> list[tuple[str, str]]:
    return [
        ("From", sender),
        ("To", f"<{to}>"),
        ("Subject", subject),
        ("Date", format_datetime(now)),
        ("Message-ID", message_id(case.token, case.host)),
    ]


def _threading(case: Case) -> list[tuple[str, str]]:
    """RFC 5322, 3.6.4."""
    original_id = case.header("Message-ID")
    references = " ".join(filter(None, (case.header("References"), original_id)))
    return [("In-Reply-To", original_id), ("References", references)] if original_id else []


def _plain(headers: list[tuple[str, str]], text: str) -> bytes:
    return header_lines([*headers, ("MIME-Version", "1.0")]) + text_part(text)


def _quoted(content: bytes) -> str:
    body = content.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")
    return "".join(f"> {line}\n" for line in body.splitlines()[:20])


def _ascii(subject: str) -> str:
    return subject if subject.isascii() else "your mail"


_ADDRESSEES: dict[Answer, Callable[[Case], list[str]]] = {
    Answer.COMPLAINT: _return_path,
    Answer.READ: _who_asked,
    Answer.VACATION: _unless_automatic,
    Answer.REPLY: _correspondent,
}
_WRITERS: dict[Answer, Callable[[Case, str, datetime], bytes]] = {
    Answer.COMPLAINT: _complaint,
    Answer.READ: _read,
    Answer.VACATION: _vacation,
    Answer.REPLY: _reply,
}
