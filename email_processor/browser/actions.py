"""What an application may answer a Turn with: {"type": "send" | "reply" | "end", …}.

To add an action, write a function that takes the Occasion and the action's other members, returns what the Turn should
remember of it, and raises Refused where it cannot be done; enter it in ACTIONS.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction

from email_processor.browser.mail_fields import submission
from email_processor.browser.occasion import Occasion
from email_processor.outbound.acceptance import accept
from email_processor.outbound.submission import Refused

Action = Callable[[Occasion, Mapping[str, Any]], dict[str, Any]]


def perform(occasion: Occasion, actions: Sequence[Any]) -> list[dict[str, Any]]:
    """Do `actions` in order, within the caller's transaction; says of each what became of it.

    One that cannot be done spoils no other: {"type", "ok": false, "code", "problem"}.
    """
    results: list[dict[str, Any]] = []
    for action in actions:
        ended = any(ends(result) for result in results)
        results.append(_result(occasion, action, ended=ended))
    return results


def ends(result: Mapping[str, Any]) -> bool:
    """Did this action end the session?"""
    return result["type"] == "end" and bool(result["ok"])


def _result(occasion: Occasion, action: Any, *, ended: bool) -> dict[str, Any]:
    type = action.get("type") if isinstance(action, dict) else None
    name = type[:50] if isinstance(type, str) else ""
    try:
        if ended:
            raise Refused("invalid_request", "The session has ended before it.")
        return {"type": name, "ok": True, **_perform_one(occasion, name, action)}
    except Refused as refused:
        return {"type": name, "ok": False, "code": refused.code, "problem": refused.detail}


def _perform_one(occasion: Occasion, name: str, action: Any) -> dict[str, Any]:
    if not name:
        raise Refused("invalid_request", "An action is an object with a type.", field="type")
    if name not in ACTIONS:
        raise Refused("invalid_request", f"There is no action {name!r}; there are {', '.join(ACTIONS)}.", field="type")
    with transaction.atomic():
        return ACTIONS[name](occasion, {key: value for key, value in action.items() if key != "type"})


def send(occasion: Occasion, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A new mail, as by sendEmail; without `from` it goes out from the address that was written to."""
    return _accept(occasion, fields)


def reply(occasion: Occasion, fields: Mapping[str, Any]) -> dict[str, Any]:
    """An answer to the mail that arrived, in its thread (RFC 5322 3.6.4), or to those a launch names as its senders."""
    mail = occasion.mail
    if not mail:
        raise Refused("invalid_request", "There is no mail to reply to.", field="type")
    if "to" in fields:
        raise Refused("invalid_request", "A reply goes to whoever wrote; use send for others.", field="to")
    own = fields.get("headers", {})
    headers = {**_thread(mail), **own} if isinstance(own, dict) else own
    return _accept(
        occasion,
        {
            "subject": _subject(mail),
            **fields,
            "to": mail.get("reply_to") or [mail["from"]],
            "headers": headers,
        },
    )


def end(occasion: Occasion, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The session ends once the Turn is settled."""
    if fields:
        raise Refused("invalid_request", f"end takes no {min(fields)[:50]!r}.", field=min(fields)[:50])
    return {}


def _accept(occasion: Occasion, fields: Mapping[str, Any]) -> dict[str, Any]:
    if occasion.is_automatic:
        raise Refused("not_permitted", "The mail was sent by a machine; those are not answered (RFC 3834).")
    accepted = accept(submission(occasion, fields))
    return {
        "message_id": str(accepted.message.pk),
        "recipients": [{"id": str(r.pk), "address": r.address, "state": r.state} for r in accepted.recipients],
    }


def _thread(mail: Mapping[str, Any]) -> dict[str, str]:
    """RFC 5322 3.6.4, and RFC 3834 5: a program answers. A launch is no mail, and has no thread."""
    if not mail.get("message_id"):
        return {"Auto-Submitted": "auto-generated"}
    references = mail.get("references") or [id for id in [mail.get("in_reply_to")] if id]
    return {
        "In-Reply-To": mail["message_id"],
        "References": " ".join([*references, mail["message_id"]]),
        "Auto-Submitted": "auto-replied",
    }


def _subject(mail: Mapping[str, Any]) -> str:
    subject = str(mail.get("subject", ""))
    if "rcpt_to" not in mail or subject.lower().startswith("re:"):
        return subject
    return f"Re: {subject}"


ACTIONS: dict[str, Action] = {"send": send, "reply": reply, "end": end}
