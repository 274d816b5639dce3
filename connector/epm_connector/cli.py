"""The command `epm-connector`: send, launch, status, cancel. Who calls and where to comes from the environment."""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from epm_connector.calls import DOORS
from epm_connector.email import EmailNotificationConnector
from epm_connector.errors import ConnectorError
from epm_connector.requests import Attachment, Email
from epm_connector.results import Cancelled, Launched, Sent, Status

VARIABLES = """\
environment:
  EPM_ENDPOINT      where the platform is, like https://epm.example.com
  EPM_CREDENTIAL    the credential's id
  EPM_SECRET        its secret
  EPM_APPLICATION   the email application (the option --application goes before it)
  EPM_PROTOCOL      rest (default) or soap

exit status: 0 done, 1 refused, 2 called wrongly, 75 not done but worth another try
"""
REFUSED, MISUSED, TRY_AGAIN = 1, 2, 75


class Misuse(Exception):
    """The command line or the environment is not usable; the message says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answers the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        with _connector(asked) as connector:
            result = asked.run(connector, asked)
    except Misuse as error:
        print(f"epm-connector: {error}", file=sys.stderr)
        return MISUSED
    except ConnectorError as error:
        _complain(error, as_json=asked.json)
        return TRY_AGAIN if error.retryable else REFUSED
    print(_as_json(asdict(result)) if asked.json else asked.show(result))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "epm-connector",
        description="Send email and launch email applications through EPM.",
        epilog=VARIABLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="send | launch | status | cancel", required=True)
    send = commands.add_parser("send", help="send a mail", parents=[_common(), _mail()])
    send.set_defaults(run=_send, show=_show_sent)
    launch = commands.add_parser("launch", help="launch an application", parents=[_common(), _mail()])
    launch.add_argument(
        "--app-parameter", metavar="NAME=VALUE", action="append", default=[], help="for the application"
    )
    launch.add_argument("--parent", metavar="ID", default="", help="what the session belongs to")
    launch.set_defaults(run=_launch, show=_show_launched)
    status = commands.add_parser("status", help="what became of a message", parents=[_common()])
    status.add_argument("message_id")
    status.set_defaults(run=_status, show=_show_status)
    cancel = commands.add_parser("cancel", help="cancel what is still unsent of a message", parents=[_common()])
    cancel.add_argument("message_id")
    cancel.set_defaults(run=_cancel, show=_show_cancelled)
    return parser


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print JSON")
    common.add_argument("--application", help="the email application")
    common.add_argument("--protocol", choices=list(DOORS), help="rest or soap")
    return common


def _mail() -> argparse.ArgumentParser:
    mail = argparse.ArgumentParser(add_help=False)
    mail.add_argument("--from", dest="sender", metavar="MAILBOX", action="append", required=True)
    mail.add_argument("--to", metavar="MAILBOX", action="append", required=True, help="may be repeated")
    mail.add_argument("--cc", metavar="MAILBOX", action="append", default=[])
    mail.add_argument("--bcc", metavar="MAILBOX", action="append", default=[])
    mail.add_argument("--subject", default="")
    mail.add_argument("--body", default="", help="the text; - reads it from the standard input")
    mail.add_argument("--html", default="", help="the HTML; - reads it from the standard input")
    mail.add_argument("--attach", metavar="FILE|URL", action="append", default=[])
    mail.add_argument("--header", metavar="NAME=VALUE", action="append", default=[])
    mail.add_argument(
        "--parameter", metavar="NAME=VALUE", action="append", default=[], help="an email parameter, like notify=SUCCESS"
    )
    mail.add_argument("--ucid", default="")
    mail.add_argument("--session", metavar="ID", default="")
    mail.add_argument("--timeout", metavar="SECONDS", type=int, default=30)
    mail.add_argument(
        "--key", default="", help="idempotency key; repeat a command with the same one and it is done once"
    )
    return mail


def _connector(asked: argparse.Namespace) -> EmailNotificationConnector:
    try:
        return EmailNotificationConnector(
            _variable("EPM_ENDPOINT"),
            _variable("EPM_CREDENTIAL"),
            _variable("EPM_SECRET"),
            asked.application or os.environ.get("EPM_APPLICATION", ""),
            asked.protocol or os.environ.get("EPM_PROTOCOL", "rest"),
        )
    except ValueError as error:
        raise Misuse(f"EPM_PROTOCOL: {error}") from error


def _variable(name: str) -> str:
    if not os.environ.get(name):
        raise Misuse(f"{name} is not set. See epm-connector --help.")
    return os.environ[name]


def _send(connector: EmailNotificationConnector, asked: argparse.Namespace) -> Sent:
    return connector.send(_email(asked))


def _launch(connector: EmailNotificationConnector, asked: argparse.Namespace) -> Launched:
    return connector.launch(_email(asked), _pairs(asked.app_parameter, "--app-parameter"), parent_id=asked.parent)


def _status(connector: EmailNotificationConnector, asked: argparse.Namespace) -> Status:
    return connector.status(asked.message_id)


def _cancel(connector: EmailNotificationConnector, asked: argparse.Namespace) -> Cancelled:
    return connector.cancel(asked.message_id)


def _email(asked: argparse.Namespace) -> Email:
    return Email(
        sender=asked.sender[0] if len(asked.sender) == 1 else asked.sender,
        to=asked.to,
        subject=asked.subject,
        body=_text(asked.body),
        html=_text(asked.html),
        cc=asked.cc,
        bcc=asked.bcc,
        attachments=[_attachment(given) for given in asked.attach],
        headers=_pairs(asked.header, "--header"),
        parameters=_parameters(asked.parameter),
        ucid=asked.ucid,
        session_id=asked.session,
        request_timeout=asked.timeout,
        idempotency_key=asked.key,
    )


def _text(given: str) -> str:
    return sys.stdin.read() if given == "-" else given


def _attachment(given: str) -> Attachment | str:
    if given.startswith(("http://", "https://")):
        return given
    try:
        return Attachment.read(given)
    except OSError as error:
        raise Misuse(f"--attach {given}: {error.strerror}") from error


def _pairs(given: Sequence[str], option: str) -> dict[str, str]:
    return dict(_pair(item, option) for item in given)


def _pair(item: str, option: str) -> tuple[str, str]:
    name, equals, value = item.partition("=")
    if not equals:
        raise Misuse(f"{option} {item}: expected NAME=VALUE.")
    return name, value


def _parameters(given: Sequence[str]) -> Mapping[str, Any]:
    """Email parameters: `tag` may come several times, `metadata.NAME` is gathered, `sandbox` is a flag."""
    parameters: dict[str, Any] = {}
    for name, value in (_pair(item, "--parameter") for item in given):
        if name == "tag":
            parameters.setdefault("tag", []).append(value)
        elif name.startswith("metadata."):
            parameters.setdefault("metadata", {})[name.removeprefix("metadata.")] = value
        else:
            parameters[name] = {"true": True, "false": False}.get(value, value) if name == "sandbox" else value
    return parameters


def _show_sent(sent: Sent) -> str:
    lines = [f"accepted: {sent.message_id}"]
    for recipient in sent.recipients:
        expected = (
            "unknown" if recipient.expected_receipts is None else ", ".join(recipient.expected_receipts) or "none"
        )
        lines.append(f"  {recipient.address}: {recipient.state} (receipts to expect: {expected})")
    return "\n".join([*lines, sent.notification])


def _show_launched(launched: Launched) -> str:
    return f"running: session {launched.session_id}"


def _show_status(status: Status) -> str:
    lines = [f"{status.id}: {status.subject or '(no subject)'}, accepted {status.accepted_at:%Y-%m-%d %H:%M:%S %Z}"]
    for recipient in status.recipients:
        lines.append(f"  {recipient.address}: {recipient.state}")
        for event in recipient.events:
            said = f": {event.smtp.code or ''} {event.smtp.text}".rstrip() if event.smtp else ""
            lines.append(f"    {event.sequence}. {event.at:%Y-%m-%d %H:%M:%S} {event.type}{said}")
        lines.extend(f"    receipt: {one.action} {one.status} {one.explanation}".rstrip() for one in recipient.receipts)
    return "\n".join(lines)


def _show_cancelled(cancelled: Cancelled) -> str:
    return "\n".join(f"{one.address}: {one.state} {one.why}".rstrip() for one in cancelled.recipients)


def _complain(error: ConnectorError, *, as_json: bool) -> None:
    if as_json:
        names = ("code", "field", "detail", "retryable", "incident")
        print(_as_json({"error": {name: getattr(error, name) for name in names}}))
    else:
        print(f"epm-connector: {error}", file=sys.stderr)


def _as_json(value: Any) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False, indent=2)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
