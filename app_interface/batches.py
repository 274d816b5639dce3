"""A batch (contract.md 2): up to a thousand mails of one caller, with what they have in common said once.

A message whose recipients bring substitutions is a mail merge: its `{{name}}`s are filled in, and each recipient gets a mail
of its own. Without `messages` the batch itself is such a message.
"""

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import quote

from app_interface import requests
from app_interface.authentication import Caller
from app_interface.destinations import Merged, of_kind
from app_interface.parameters import BATCH_MESSAGE, KEY
from app_interface.problems import Problem, from_refused, invalid
from app_interface.requests import Request
from email_processor.models import Recipient
from email_processor.outbound.filling import Template
from email_processor.outbound.submission import Refused, Submission

MOST_MAILS = 1000
MOST_RECIPIENTS = 10_000
"""Of all its messages together."""
_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_.-]{1,100})\s*\}\}")


@dataclass(frozen=True, slots=True)
class Item:
    """One mail of a batch, or why it is none. `index` says which of `messages`, `recipient` which of its `to` in a merge."""

    index: int
    recipient: int | None
    asked: Request | Problem


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that was read. `key` is its own idempotency key; its items may have theirs."""

    items: tuple[Item, ...]
    key: str = ""

    @property
    def recipients(self) -> int:
        """How many its mails have in all."""
        asked = (item.asked for item in self.items)
        return sum(len(request.submission.destinations) for request in asked if isinstance(request, Request))


def read_batch(caller: Caller, parameters: Mapping[str, Any]) -> Batch:
    """What a batch asks for. What is wrong with one message is said in its place.

    Raises invalid_request where what is common to all cannot be read, too_many_recipients where there are too many mails.
    """
    common = dict(parameters)
    key = KEY.read(common.pop("idempotencyKey"), "idempotencyKey") if "idempotencyKey" in common else ""
    messages = _messages(common)
    defaults = requests.read_values(BATCH_MESSAGE, common)
    if messages is None:
        items = list(_merge(caller, defaults, 0))
    else:
        items = [item for index, message in enumerate(messages) for item in _items(caller, defaults, message, index)]
    if len(items) > MOST_MAILS:
        raise Problem("too_many_recipients", f"A batch makes at most {MOST_MAILS} mails, not {len(items)}.", field="to")
    return Batch(tuple(items), key)


def _messages(common: dict[str, Any]) -> list[Any] | None:
    """Take `messages` out of the parameters. Addresses are counted before any is read: reading is what takes time."""
    if "messages" not in common:
        return None
    messages = common.pop("messages")
    if not isinstance(messages, list) or not 0 < len(messages) <= MOST_MAILS:
        raise invalid(f"Expected a list of 1 to {MOST_MAILS} messages.", "messages")
    count = sum(_count(message) for message in messages)
    if count > MOST_RECIPIENTS:
        raise Problem(
            "too_many_recipients", f"{count} recipients; a batch has at most {MOST_RECIPIENTS}.", field="messages"
        )
    return messages


def _count(message: Any) -> int:
    lists = (message.get(kind) for kind in Recipient.Kind) if isinstance(message, dict) else ()
    return sum(len(given) for given in lists if isinstance(given, list))


def _items(caller: Caller, defaults: Mapping[str, Any], message: Any, index: int) -> Iterable[Item]:
    try:
        if not isinstance(message, dict):
            raise invalid("Expected an object.")
        values = {**defaults, **requests.read_values(BATCH_MESSAGE, message)}
        if any(to.substitutions is not None for to in values.get("to", [])):
            return _merge(caller, values, index)
        return [Item(index, None, _request(caller, values, values.get("to")))]
    except Problem as problem:
        return [Item(index, None, problem)]
    except Refused as refused:
        return [Item(index, None, from_refused(refused))]


def _request(caller: Caller, values: Mapping[str, Any], to: Iterable[Merged] | None) -> Request:
    plain = {} if to is None else {"to": [merged.destination for merged in to]}
    others = {name: value for name, value in values.items() if name != "to"}
    return requests.send_request(caller, {**others, **plain})


def _merge(caller: Caller, values: Mapping[str, Any], index: int) -> list[Item]:
    """A mail of its own for each recipient. Raises invalid_request where there are others besides `to`, and as `_request`."""
    for name in ("cc", "bcc", "idempotencyKey", "envid"):
        if values.get(name):
            raise invalid("In a mail merge every recipient gets a mail of its own: leave this out.", name)
    request = _request(caller, values, values.get("to"))
    letter = _Letter(request.submission)
    return [
        Item(index, position, _merged(request, letter, merged, f"to[{position}].substitutions"))
        for position, merged in enumerate(values["to"])
    ]


def _merged(request: Request, letter: "_Letter", merged: Merged, field: str) -> Request | Problem:
    try:
        return Request(letter.to(merged, field), timeout=request.timeout)
    except Problem as problem:
        return problem


class _Letter:
    """A mail with blanks, taken apart once for all its recipients. Values are escaped in HTML and percent-encoded in the URL."""

    def __init__(self, mail: Submission) -> None:
        self._common = {field.name: getattr(mail, field.name) for field in fields(mail)}
        self._options = mail.options
        texts = {"subject": mail.subject, "text": mail.text, "html": mail.html}
        self._texts = {name: _template(text) for name, text in texts.items() if "{{" in text}
        self._headers = [(name, _template(value)) for name, value in mail.headers]
        self._unsubscribe = _template(mail.options.unsubscribe)

    def to(self, merged: Merged, field: str) -> Submission:
        """The mail that one recipient gets. Raises invalid_request about `field` where he brings nothing for a blank."""
        known = merged.substitutions or {}
        own: dict[str, Any] = {
            name: _filled(template, known, field, html.escape if name == "html" else str)
            for name, template in self._texts.items()
        }
        # What has no blanks stays the same object, so that it is checked and encoded once for all (`outbound.acceptance`).
        if any(template.blanks for _, template in self._headers):
            own["headers"] = tuple((name, _filled(template, known, field)) for name, template in self._headers)
        if self._unsubscribe.blanks:
            url = _filled(self._unsubscribe, known, field, _quoted)
            own["options"] = replace(self._options, unsubscribe=url)
        own["destinations"] = of_kind(Recipient.Kind.TO, [merged.destination])
        return Submission(**{**self._common, **own})


def _template(text: str) -> Template:
    parts = _PLACEHOLDER.split(text)
    return Template(parts[::2], parts[1::2])


def _filled(template: Template, known: Mapping[str, str], field: str, written: Callable[[str], str] = str) -> str:
    return template.filled([written(_known(known, name, field)) for name in template.blanks])


def _known(substitutions: Mapping[str, str], name: str, field: str) -> str:
    if name not in substitutions:
        raise invalid(f"The mail says {{{{{name}}}}}, but this recipient has no such substitution.", f"{field}.{name}")
    return substitutions[name]


def _quoted(value: str) -> str:
    return quote(value, safe="")
