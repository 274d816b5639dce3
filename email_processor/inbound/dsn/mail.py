"""A mail as the readers see it: its own parts, what it returns, and whether a machine sent it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from . import limits, mime, wording
from .mime import Entity
from .notice import ADDRESSES, Notice, implied_action, is_role, split_notice
from .report import Action, Fields

_RETURNED_HEADERS = frozenset({"text/rfc822-headers", "message/global-headers"})
OTHER_REPORTS = frozenset(
    {"message/disposition-notification", "message/global-disposition-notification", "message/feedback-report"}
)
_TRACE_HEADERS = frozenset({"received", "return-path", "message-id", "dkim-signature"})
_SENDER_HEADERS = ("from", "return-path", "sender", "reply-to")
_LIST_HEADERS = ("list-id", "list-unsubscribe", "list-post")  # RFC 2369, RFC 2919
_OWN_HEADERS = ("to", "from", "reply-to", "sender", "delivered-to", "x-original-to", "return-path", "cc")
_LINE_BREAK = re.compile(r"(?<=[^\n])\n[ \t]{0,20}(?=\S)")  # within a sentence, not between paragraphs
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
    def own_subject(self) -> str:
        """Without that of the mail it is about, as far as it can be told apart."""
        if head := wording.FINAL_HEAD.match(self.subject):
            return head[0]
        original = mime.decode_words(self.original_header("subject")).strip()
        return self.subject.replace(original, "") if len(original) > 3 else self.subject

    @cached_property
    def sender(self) -> str:
        return mime.decode_words(self.root.header("from"))

    @cached_property
    def is_report(self) -> bool:
        """It calls itself a delivery report (RFC 6522)."""
        if self.root.content_type != "multipart/report":
            return False
        kind = self.root.parameters.get("report-type", "").lower()
        if not kind:
            return not any(part.content_type in OTHER_REPORTS for part in self.parts)
        return kind in ("delivery-status", "global-delivery-status")

    @cached_property
    def is_from_daemon(self) -> bool:
        """The name or address of the sender is that of a mail system."""
        return bool(wording.SYSTEM_SENDER.search(self.sender[:500]) or wording.SYSTEM_NAME.search(self.sender[:500]))

    @cached_property
    def is_from_system(self) -> bool:
        """Sent by a mail system and not by a person, as far as the headers tell."""
        return self.has_null_sender or self.is_from_daemon or bool(self.root.header("x-failed-recipients"))

    @cached_property
    def has_null_sender(self) -> bool:
        return self.root.header("return-path").strip() == "<>" or self.sender.strip() == "<>"

    @cached_property
    def is_automatic(self) -> bool:
        """It says so (RFC 3834 5), or its sender's name does."""
        said = self.root.header("auto-submitted").strip().lower()
        return bool(said and not said.startswith("no")) or bool(wording.ROBOT_SENDER.search(self.sender[:500]))

    @cached_property
    def is_from_person(self) -> bool:
        """Written in a mail program, or an answer, or passed on by somebody: a list, a desk that numbers its letters."""
        if self.is_report or self.is_surely_daemon:
            return False
        if self._is_from_desk or (self._is_from_list and not self._is_passed_on_by_list):
            return True
        program = f"{self.root.header('user-agent')} {self.root.header('x-mailer')}"[:500]
        return self.is_answer or bool(wording.MAIL_PROGRAM.search(program))

    @property
    def _is_from_desk(self) -> bool:
        """A mail system's notice may end with the numbered subject of the mail that is lost."""
        subject = self.subject[:500]
        look = wording.NUMBERED_SUBJECT.match if self.is_from_system else wording.NUMBERED_SUBJECT.search
        return bool(look(subject.lstrip()))

    @property
    def _is_passed_on_by_list(self) -> bool:
        """A notice that a list was sent, and gives to its owner or to all."""
        return self.has_null_sender or (self.is_from_daemon and self._begins_as_report)

    @property
    def _is_from_list(self) -> bool:
        return any(self.root.header(name) for name in _LIST_HEADERS)

    @cached_property
    def is_free_text_report(self) -> bool:
        """A machine speaks, and of a mail that it could not deliver: both must be plain, for people speak of that too."""
        if self.is_from_person or (self.root.content_type == "multipart/report" and not self.is_report):
            return False
        if self.root.header("x-failed-recipients") or self.is_report:
            return True
        if self._is_summary:
            return False
        if self.root.header("x-mlserver") and wording.NOT_A_MEMBER.search(self.subject[:300]):
            return True
        if self.is_surely_daemon:
            return self.has_report_wording or self.has_report_subject or (self.has_null_sender and self.returns_a_mail)
        if self._speaks_of_something_else or (self._answers_for_somebody and not self.is_from_daemon):
            return False
        if self.is_from_daemon and self.has_null_sender and self.has_report_subject:
            return True
        return (self.has_report_wording or self._returns_what_we_sent) and self._has_signs_of_a_machine

    @property
    def _returns_what_we_sent(self) -> bool:
        """So plainly that the words above it do not matter."""
        return self.is_from_daemon and self._begins_as_report and self.returns_our_mail

    @property
    def _has_signs_of_a_machine(self) -> bool:
        if self.has_null_sender:
            is_about_a_mail = self._has_plain_wording or self.has_report_subject or self.returns_a_mail
            return is_about_a_mail or (self.is_from_daemon and (self._has_an_answer or self._speaks_of_your_mail))
        if self.is_from_daemon and (self._has_plain_wording or (self._begins_as_report and self._tells_of_one)):
            return True
        return self.returns_our_mail and (self.has_report_subject or self.is_automatic or self.is_from_daemon)

    @cached_property
    def is_surely_daemon(self) -> bool:
        """A name that no person uses, in From or in the return path."""
        return any(wording.DAEMON_SENDER.search(one[:500]) for one in (self.sender, self.root.header("return-path")))

    @property
    def _has_plain_wording(self) -> bool:
        """A list of those whom the mail it answers did not reach, or a server's answer about one, not in quoted lines."""
        text = self.notice.text[:4_000]
        return bool(wording.PLAIN_WORDING.search(text) and wording.TO_THE_SENDER.search(text))

    @property
    def _speaks_of_your_mail(self) -> bool:
        return self._names_somebody and bool(wording.YOUR_MAIL.search(self._own_text))

    @property
    def _tells_of_one(self) -> bool:
        """A postmaster may write a letter; a machine lists addresses, quotes an answer, or tells a reader of his own mail."""
        if not self._names_somebody:
            return False
        said = self.notice.text[:4_000]
        signs = (wording.LISTED, wording.TO_THE_SENDER, wording.YOUR_MAIL)
        return (
            self.returns_a_mail
            or any(sign.search(said) for sign in signs)
            or bool(ADDRESSES.search(self.subject[:500]))
        )

    @property
    def _names_somebody(self) -> bool:
        """Neither its reader nor one who helps."""
        named = ADDRESSES.findall(f"{self.subject[:500]}\n{self.notice.text[:4_000]}")
        others = {one.lower() for one in named if not is_role(one)} - self.own_addresses
        return bool(others) or self.returns_a_mail

    @cached_property
    def _begins_as_report(self) -> bool:
        """A word or two may stand before; a letter's subject has them somewhere."""
        found = self._report_subject
        return found is not None and found.start() <= wording.SUBJECT_BEGINNING and not self.is_answer

    @cached_property
    def _report_subject(self) -> re.Match[str] | None:
        return wording.REPORT_SUBJECT.search(ADDRESSES.sub("", self.subject[:500]))

    @property
    def _has_an_answer(self) -> bool:
        """A server's answer with both its codes, in whatever language the rest is; statistics go to the staff."""
        to = ADDRESSES.findall(self.root.header("to")[:2_000])
        return bool(wording.SERVER_ANSWER.search(self._own_text)) and not any(map(is_role, to))

    @property
    def _answers_for_somebody(self) -> bool:
        return bool(wording.ANSWERING_SUBJECT.match(self.subject[:300]))

    @property
    def _speaks_of_something_else(self) -> bool:
        said = f"{self._subject_of_its_own}\n{self._own_text}"
        is_surely_machine = bool(wording.SYSTEM_SENDER.search(self.sender[:500])) and (
            self.has_null_sender or (self._begins_as_report and self._names_somebody)
        )
        return bool(wording.SOMETHING_ELSE.search(said) or (not is_surely_machine and wording.GOODS.search(said)))

    @property
    def _subject_of_its_own(self) -> str:
        """Behind the words of a report and a colon stands the lost mail's."""
        head, _, tail = self.own_subject[:300].partition(":")
        return (
            head if tail and self._begins_as_report and wording.REPORT_SUBJECT.search(head) else self.own_subject[:300]
        )

    @property
    def _is_summary(self) -> bool:
        return bool(wording.STATISTICS.search(self._subject_of_its_own)) and not self.returns_a_mail

    @cached_property
    def _own_text(self) -> str:
        """The notice without the fields that it quotes, the subject of the mail that is lost among them."""
        own = (line for line in self.notice.lines if not wording.QUOTED_FIELD.match(line))
        return "\n".join(own)[:4_000]

    @cached_property
    def returns_a_mail(self) -> bool:
        """Headers that only a mail's own copy has; what people quote has none of them."""
        return any(name.lower() in _TRACE_HEADERS for name, _ in self.original_headers)

    @cached_property
    def returns_our_mail(self) -> bool:
        """What it returns was sent by those it is addressed to, and it refers to no mail as people's answers do."""
        to = {address.lower() for address in ADDRESSES.findall(self.root.header("to")[:2_000])}
        senders = {
            address.lower() for name in _SENDER_HEADERS for address in ADDRESSES.findall(self.original_header(name))
        }
        return bool(to & senders) and not self.root.header("in-reply-to") and not self.root.header("references")

    @cached_property
    def has_report_wording(self) -> bool:
        said = self.notice.text[:4_000]
        if wording.REPORT_WORDING.search(said):
            return True
        return self.is_from_system and bool(wording.REPORT_WORDING.search(_LINE_BREAK.sub(" ", said)))

    @cached_property
    def implied_action(self) -> Action:
        """What its subject and its notice say became of the mail."""
        return implied_action(f"{self.own_subject}\n{self._own_text[:3_000]}")

    @cached_property
    def speaks_of_handing_on(self) -> bool:
        return bool(wording.HANDED_ON.search(self.notice.text))

    @cached_property
    def is_answer(self) -> bool:
        """A person answers or forwards."""
        return bool(wording.ANSWER_PREFIX.match(self.subject)) and not self.is_report

    @cached_property
    def has_report_subject(self) -> bool:
        return self._report_subject is not None and not self.is_answer

    @cached_property
    def is_warning(self) -> bool:
        """The subject speaks of a delay."""
        return bool(wording.DELAY_SUBJECT.search(self.own_subject[:500]))

    @cached_property
    def text(self) -> str:
        """What the mail says to people: its first readable part, an attached one at last."""
        plain = [part for part in self.parts if part.content_type == "text/plain" and part.text.strip()]
        inline = [part for part in plain if not part.is_attached]
        html = [part for part in self.parts if part.content_type == "text/html"]
        if inline or (plain and not html):
            return (inline or plain)[0].text[: limits.TEXT_CHARACTERS]
        return mime.strip_html(html[0].text[: limits.TEXT_CHARACTERS]) if html else self._unlabelled_text

    @cached_property
    def _unlabelled_text(self) -> str:
        return self.root.text[: limits.TEXT_CHARACTERS] if not self.root.parts else ""

    @cached_property
    def notice(self) -> Notice:
        return split_notice(self.text)

    @cached_property
    def own_addresses(self) -> frozenset[str]:
        """Whose mail this is: to whom and by whom it is sent, and who sent the mail it returns; lower case."""
        values = [self.root.header(name) for name in _OWN_HEADERS]
        values += [self.original_header(name) for name in _SENDER_HEADERS]
        return frozenset(address.lower() for value in values for address in ADDRESSES.findall(value[:2_000]))

    def foreign(self, addresses: Iterable[str]) -> frozenset[str]:
        """Those that are neither ours nor named for help; without these first ours, then all: people write to themselves."""
        found = frozenset(addresses)
        others = frozenset(address for address in found if not is_role(address))
        return frozenset(address for address in others if address.lower() not in self.own_addresses) or others or found

    def address_of(self, user: str) -> str:
        """The whole address of somebody of whom only the local part is told, from the notice or the returned mail's To."""
        return self._whole_addresses.get(user.lower(), user)

    @cached_property
    def _whole_addresses(self) -> dict[str, str]:
        beside = ADDRESSES.findall(self.notice.text[:4_000]) + ADDRESSES.findall(self.original_header("to")[:2_000])
        return {one.partition("@")[0].lower(): one for one in reversed(beside)}

    @cached_property
    def marked_as_spam(self) -> "Mail | None":
        """The mail itself, where a filter of ours hung it below a text of its own (SpamAssassin's report_safe)."""
        return next((one for one in self._marked if one.sender == self.sender), None)

    @property
    def _marked(self) -> "Iterator[Mail]":
        for part in self.parts:
            if part.enclosed is not None and part.parameters.get("x-spam-type", "").lower() == "original":
                yield Mail(part.enclosed)

    @cached_property
    def enclosed(self) -> "tuple[Mail, ...]":
        """What it holds in message/rfc822 parts and .eml files, each as a mail of its own."""
        return tuple(Mail(part.enclosed) for part in self.parts if part.enclosed is not None)

    @cached_property
    def has_own_text(self) -> bool:
        return any(part.text.strip() for part in self.parts if part.content_type in ("text/plain", "text/html"))

    @cached_property
    def original_headers(self) -> Fields:
        """Headers of the returned mail: of a part of its own, else of the text below the notice; () if none."""
        for part in self.parts[1:]:
            if part.enclosed is not None:
                return part.enclosed.headers
            if part.content_type in _RETURNED_HEADERS:
                return tuple(mime.unfold(part.text[: limits.HEADER_BLOCK_BYTES].lstrip("\n"), limits.HEADERS))
        return self.notice.returned

    def original_header(self, name: str) -> str:
        return next((value for key, value in self.original_headers if key.lower() == name), "")

    @cached_property
    def original_message_id(self) -> str:
        """With its angle brackets; from the returned headers, else what the report refers to."""
        returned = self.original_header("message-id")
        if returned:
            return returned.strip()
        referred = _MESSAGE_ID.findall(self.root.header("in-reply-to") or self.root.header("references"))
        return str(referred[-1]) if referred else ""
