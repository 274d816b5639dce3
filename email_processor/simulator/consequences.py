"""What follows when the world has taken a mail: which letters, and when."""

import secrets
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from email_processor.simulator import reports
from email_processor.simulator.answers import Letter, letters
from email_processor.simulator.behaviours import Action, Outcome, Style, Wait, behaviour_of
from email_processor.simulator.envelope import EnvelopeRecipient, ReceivedMail

_KEEPS_TRYING = timedelta(days=4)
_ASKED_BY = {
    Action.DELIVERED: "SUCCESS",
    Action.RELAYED: "SUCCESS",
    Action.EXPANDED: "SUCCESS",
    Action.FAILED: "FAILURE",
    Action.DELAYED: "DELAY",
}


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A letter and how long to wait before it is posted."""

    wait: Wait
    letter: Letter


@dataclass(frozen=True, slots=True)
class _Kind:
    """Outcomes of one mail that share a report."""

    wait: Wait
    style: Style
    action: Action


def follow_ups(mail: ReceivedMail, host: str) -> Iterator[FollowUp]:
    """What `mail` brings about: reports as NOTIFY and RET ask (RFC 3461, 4 and 6.2), then what readers send.

    A null sender gets nothing, recipients with the same fate share a report.
    """
    if not mail.mail_from:
        return
    for kind, blocks in _reportable(mail).items():
        yield FollowUp(kind.wait, _report_letter(mail, host, kind, tuple(blocks)))
    for recipient in mail.recipients:
        answer = behaviour_of(recipient.address).answer
        for letter in letters(answer, mail, recipient.address, host, secrets.token_hex(8)) if answer else ():
            yield FollowUp(Wait.SHORT, letter)


def _reportable(mail: ReceivedMail) -> dict[_Kind, list[reports.RecipientBlock]]:
    found: dict[_Kind, list[reports.RecipientBlock]] = defaultdict(list)
    for recipient in mail.recipients:
        for outcome in behaviour_of(recipient.address).outcomes:
            if recipient.wants(_ASKED_BY[outcome.action]):
                found[_Kind(outcome.wait, outcome.style, outcome.action)].append(_block(mail, recipient, outcome))
    return found


def _block(mail: ReceivedMail, recipient: EnvelopeRecipient, outcome: Outcome) -> reports.RecipientBlock:
    domain = recipient.address.rpartition("@")[2]
    return reports.RecipientBlock(
        final=f"{outcome.member}@{domain}" if outcome.member else recipient.address,
        action=outcome.action,
        status=outcome.status,
        diagnostic=outcome.diagnostic,
        original=recipient.original,
        retry_until=mail.received_at + _KEEPS_TRYING if outcome.action is Action.DELAYED else None,
    )


def _report_letter(mail: ReceivedMail, host: str, kind: _Kind, blocks: tuple[reports.RecipientBlock, ...]) -> Letter:
    # RFC 3461, 4.3: RET speaks of failures only, any other report returns the headers.
    full = kind.action is Action.FAILED and mail.sender.ret != "HDRS"
    report = reports.Report(
        reporting_mta=host,
        return_path=mail.mail_from,
        token=secrets.token_hex(8),
        arrived_at=mail.received_at,
        envelope_id=mail.sender.envid,
        recipients=blocks,
        returned=mail.content if full else mail.headers,
        full=full,
        style=kind.style,
    )
    return Letter("", mail.mail_from, partial(reports.build, report))
