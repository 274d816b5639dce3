"""What a caller asks, read strictly by the tables of `parameters` into a Submission."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings

from app_interface.attachments import check_inline, fetched
from app_interface.authentication import Caller
from app_interface.destinations import of_kind
from app_interface.parameters import LAUNCH, SEND, TIMEOUT, Parameter
from app_interface.problems import Problem, invalid
from email_processor.models import Priority, Recipient, Ret
from email_processor.outbound.submission import Destination, Mailbox, Options, Submission


@dataclass(frozen=True, slots=True)
class Request:
    """A request that is well-formed. URLs of attachments are not fetched yet."""

    submission: Submission
    idempotency_key: str = ""
    timeout: int = TIMEOUT
    """Seconds."""
    app_parameters: dict[str, Any] = field(default_factory=dict)

    def with_attachments(self) -> Submission:
        """The submission with all bytes at hand. Raises attachment_unavailable, message_too_large."""
        asked = self.submission.attachments
        return replace(self.submission, attachments=fetched(asked, self.timeout)) if asked else self.submission


def read_send(caller: Caller, mapping: Mapping[str, Any]) -> Request:
    """What sendEmail is asked for.

    Raises invalid_request, no_recipients, too_many_recipients, unknown_application.
    """
    return send_request(caller, read_values(SEND, mapping))


def send_request(caller: Caller, values: Mapping[str, Any]) -> Request:
    """A sendEmail of `values`, which have been read already. Raises what `read_send` raises."""
    _require(SEND, values)
    return _request(values, _submission(caller, values, values["from"], _destinations(values)))


def read_launch(caller: Caller, mapping: Mapping[str, Any]) -> Request:
    """What launchEmail is asked for: the mail as it would arrive, from outside to the platform's own address.

    Raises what `read_send` raises.
    """
    values = read_values(LAUNCH, mapping)
    senders = values["from"]
    if not senders:
        raise invalid("The application is to talk with nobody.", "from")
    submission = _submission(caller, values, senders[0], _destinations(values))
    return _request(values, replace(submission, also_from=tuple(senders[1:])))


def read_values(table: tuple[Parameter, ...], mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `mapping`, each read as `table` says. Raises invalid_request, no_recipients, too_many_recipients."""
    readers = {parameter.name: parameter.reader for parameter in table}
    for name in mapping:
        if name not in readers:
            raise invalid("There is no such parameter.", name[:100])
    _require(table, mapping)
    require_few_recipients(mapping)
    return {name: readers[name].read(value, name) for name, value in mapping.items()}


def _require(table: tuple[Parameter, ...], given: Mapping[str, Any]) -> None:
    for parameter in table:
        if parameter.required and parameter.name not in given:
            raise _missing(parameter.name)


def _missing(name: str) -> Problem:
    if name == "to":
        return Problem("no_recipients", "The mail is addressed to nobody.", field="to")
    return invalid("This parameter is required.", name)


def require_few_recipients(mapping: Mapping[str, Any]) -> None:
    """Counted before any address is read: to read a hundred thousand of them takes seconds. Raises too_many_recipients."""
    count = sum(len(mapping[kind]) for kind in Recipient.Kind if isinstance(mapping.get(kind), list))
    if count > settings.EPM_RECIPIENT_LIMIT:
        raise Problem(
            "too_many_recipients",
            f"{count} recipients; at most {settings.EPM_RECIPIENT_LIMIT} are allowed.",
            field="to",
        )


def _request(values: Mapping[str, Any], submission: Submission) -> Request:
    return Request(
        submission,
        values.get("idempotencyKey", ""),
        values.get("requestTimeout", TIMEOUT),
        values.get("appParameters", {}),
    )


def _submission(
    caller: Caller, values: Mapping[str, Any], sender: Mailbox, destinations: tuple[Destination, ...]
) -> Submission:
    text, html, headers = _content(values)
    check_inline(values.get("attachments", ()), html)
    return Submission(
        zone=caller.zone,
        application=caller.application(values.get("applicationName", "")),
        credential=caller.credential,
        sender=sender,
        destinations=destinations,
        subject=values.get("subject", ""),
        text=text,
        html=html,
        attachments=tuple(values.get("attachments", ())),
        headers=headers,
        ucid=values.get("ucid", ""),
        caller_session=values.get("sessionID", ""),
        parent=values.get("parentID", ""),
        options=_options(values),
    )


def _destinations(values: Mapping[str, Any]) -> tuple[Destination, ...]:
    found = tuple(destination for kind in Recipient.Kind for destination in of_kind(kind, values.get(kind, [])))
    if not values["to"]:
        raise _missing("to")
    return found if len(found) == 1 else _agreed(found)


def _agreed(destinations: tuple[Destination, ...]) -> tuple[Destination, ...]:
    """An address that is given twice gets one mail, about which is asked what either place says.

    Raises invalid_request where they say different things: one of them would be dropped.
    """
    asked: dict[str, Destination] = {}
    for one in destinations:
        other = asked.setdefault(one.mailbox.address, one)
        if other is not one and _asks(one):
            if _asks(other) not in ((), _asks(one)):
                raise invalid(f"{one.mailbox.address} is given twice, and different reports are asked for.", one.kind)
            asked[one.mailbox.address] = one
    if len(asked) == len(destinations):
        return destinations
    return tuple(_asking_as(one, asked[one.mailbox.address]) for one in destinations)


def _asks(one: Destination) -> tuple[Any, ...]:
    """What is asked about this recipient alone; empty: nothing."""
    found = (one.notify, one.orcpt, one.metadata)
    return found if any(found) else ()


def _asking_as(one: Destination, other: Destination) -> Destination:
    return replace(one, notify=other.notify, orcpt=other.orcpt, metadata=other.metadata)


def _content(values: Mapping[str, Any]) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """Text, HTML and headers: a header Content-Type says which of the two `body` is, and is no header of the mail."""
    given = dict(values.get("headers", {}))
    _require_different(given)
    named = [name for name in given if name.lower() == "content-type"]
    body, html = values.get("body", ""), values.get("html", "")
    is_html = bool(named) and _media_type(given.pop(named[0])) == "text/html"
    if is_html and html:
        raise invalid("`body` is HTML already by its Content-Type.", "html")
    return ("" if is_html else body, body if is_html else html, tuple(given.items()))


def _require_different(headers: Mapping[str, str]) -> None:
    """Field names do not differ by case alone (RFC 5322 1.2.2)."""
    for name, count in Counter(name.lower() for name in headers).items():
        if count > 1:
            raise invalid("This header field is given twice.", f"headers.{name}")


def _media_type(content_type: str) -> str:
    """text/plain or text/html. Bodies are Unicode here, so that a charset parameter says nothing."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in ("text/plain", "text/html"):
        raise invalid("A body is text/plain or text/html.", "headers.Content-Type")
    return media_type


def _options(values: Mapping[str, Any]) -> Options:
    return Options(
        notify=values.get("notify", ""),
        ret=values.get("ret", Ret.HDRS),
        envid=values.get("envid", ""),
        priority=values.get("priority", Priority.NORMAL),
        send_at=values.get("sendAt"),
        expire_at=values.get("expireAt"),
        tell_by=values.get("tellBy"),
        tags=tuple(values.get("tag", ())),
        metadata=values.get("metadata", {}),
        connection=values.get("connection", ""),
        sandbox=values.get("sandbox", False),
        in_doubt=values.get("inDoubt"),
        reply_to=tuple(values.get("replyTo", ())),
        unsubscribe=values.get("unsubscribe", ""),
    )
