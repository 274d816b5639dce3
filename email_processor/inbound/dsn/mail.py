"""A mail as the readers see it: its own parts, what it returns, and whether a machine sent it."""

import re
from dataclasses import dataclass
from functools import cached_property

from . import limits, mime
from .mime import Entity
from .report import Fields

_RETURNED_HEADERS = frozenset({"text/rfc822-headers", "message/global-headers"})
# Who writes when a mail system writes: local parts, and names beside them.
_SYSTEM_SENDER = re.compile(
    r"(?:^|[<\s\"'])(?:mail(?:er)?[-_. ]?da?emon|post-?master|mdaemon|mail-?system|mmdf|uucp|mail-?deliver(?:y|er)"
    r"|mail\.delivery\.system|delivery(?:-?reports?)?|bounces?|mail-?admin(?:istrator)?|mta|smtp-?daemon|mailsubsystem"
    r"|dsn|ndr|errors?|mailer)(?:[-+][-+\w.=]{1,200})?@",
    re.IGNORECASE,
)
_SYSTEM_NAME = re.compile(
    r"mail(?:er)? ?delivery|mailer[- ]?daemon|mail ?deliver(?:y|er)|mail administrator|post ?master|system administrator"
    r"|delivery (?:sub)?system|mailsubsystem|internet mail (?:delivery|service)|mail router",
    re.IGNORECASE,
)
_SUBJECTS = (
    r"undeliver|non[- ]?deliver|not deliver|unable to deliver|problem deliver|mail delivery|unroutable",
    r"could(?:n't| not) (?:be )?(?:deliver|sen[dt])|can(?:'t|not| not) (?:be )?deliver",
    r"deliver(?:y|able|ing)[\w ]{0,40}(?:fail|error|report|status|notif|problem|delay|warn|unsuccess)",
    r"fail(?:ure|ed)[\w: -]{0,20}(?:deliver|mail|notice|message|to send)",
    r"(?:mail|message|e-mail|email|send(?:ing)?)[\w ]{0,20}(?:fail|error|delay|bounce|return|reject|problem|block|status)",
    r"return(?:ed|ing)[\w :]{0,20}(?:mail|message|to sender)|bounced|warning: (?:could|message)|mail system error",
    r"user unknown|unknown user|address(?:es)? (?:unknown|invalid|not)|\bds?n[nr]?\b|\bndn\b",
    r"unzustellbar|nicht zugestellt|non remis|non distribu|mancato recapito|no se pudo entregar|no entregado|n.o entregue",
)
_SUBJECT = re.compile("|".join(_SUBJECTS), re.IGNORECASE)
_ANSWER = re.compile(r"\s*(?:re|fwd?|aw|wg|tr|antw|sv|vs|rv)(?:\[\d+\])?\s*:", re.IGNORECASE)
_WARNING = re.compile(r"delay|warning|still being|not yet|temporar|retry|attempt", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,500}>")


@dataclass(frozen=True)
class Mail:
    """`parts` are the mail's own, in order, multiparts included; enclosed mails are not entered."""

    root: Entity

    @cached_property
    def parts(self) -> tuple[Entity, ...]:
        return tuple(self.root.walk())

    @cached_property
    def subject(self) -> str:
        return mime.decode_words(self.root.header("subject"))

    @cached_property
    def sender(self) -> str:
        return mime.decode_words(self.root.header("from"))

    @cached_property
    def is_report(self) -> bool:
        """It calls itself a delivery report (RFC 6522)."""
        kind = self.root.parameters.get("report-type", "").lower()
        return self.root.content_type == "multipart/report" and kind in (
            "",
            "delivery-status",
            "global-delivery-status",
        )

    @cached_property
    def is_from_system(self) -> bool:
        """Sent by a mail system and not by a person: a null return path, or a daemon's name."""
        return bool(
            self.root.header("return-path").strip() == "<>"
            or _SYSTEM_SENDER.search(self.sender[:500])
            or _SYSTEM_NAME.search(self.sender[:500])
            or self.root.header("x-failed-recipients")
        )

    @cached_property
    def is_answer(self) -> bool:
        """A person answers or forwards."""
        return bool(_ANSWER.match(self.subject)) and not self.is_report

    @cached_property
    def has_report_subject(self) -> bool:
        return bool(_SUBJECT.search(self.subject[:500])) and not self.is_answer

    @cached_property
    def is_warning(self) -> bool:
        """The subject speaks of a delay."""
        return bool(_WARNING.search(self.subject[:500]))

    @cached_property
    def text(self) -> str:
        """What the mail says to people: its first readable part, or all of a mail without parts."""
        for part in self.parts:
            if part.content_type == "text/plain" and not part.is_attached and part.text.strip():
                return part.text[: limits.TEXT_CHARACTERS]
        html = next((part for part in self.parts if part.content_type == "text/html"), None)
        return mime.strip_html(html.text[: limits.TEXT_CHARACTERS]) if html else self._unlabelled_text

    @cached_property
    def _unlabelled_text(self) -> str:
        return self.root.text[: limits.TEXT_CHARACTERS] if not self.root.parts else ""

    @cached_property
    def original_headers(self) -> Fields:
        """Headers of the returned mail, () if nothing was returned in a part of its own."""
        for part in self.parts[1:]:
            if part.enclosed is not None:
                return part.enclosed.headers
            if part.content_type in _RETURNED_HEADERS:
                return tuple(mime.unfold(part.text[: limits.HEADER_BLOCK_BYTES].lstrip("\n"), limits.HEADERS))
        return ()

    @cached_property
    def original_message_id(self) -> str:
        """With its angle brackets; from the returned headers, else what the report refers to."""
        returned = next((value for name, value in self.original_headers if name.lower() == "message-id"), "")
        if returned:
            return returned.strip()
        referred = _MESSAGE_ID.findall(self.root.header("in-reply-to") or self.root.header("references"))
        return str(referred[-1]) if referred else ""
