"""Access tokens for mailboxes at large providers (RFC 6749 6 and 4.4), used by XOAUTH2 in place of a password."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from email_processor.inbound.mailbox.box import Refused
from epm.models import Mailbox
from lib import http

SECONDS = 20.0
ANSWER_OCTETS = 100_000


SHORT_OF_THE_END = 60.0
"""Seconds before its end in which a token is shown to nobody any more."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A token, what it was asked for with, and until when (monotonic) it is good."""

    token: str
    asked: str
    until: float


_kept: dict[UUID, _Kept] = {}


@contextmanager
def lent(mailbox: Mailbox) -> Iterator[str]:
    """A token to log in with: the one of the last time while it is good, for providers count how often they are asked.

    Forgotten where logging in fails. Raises Refused, and lib.http.Unreachable.
    """
    kept = _kept.get(mailbox.pk)
    try:
        if kept and kept.asked == _asked(mailbox) and time.monotonic() < kept.until:
            yield kept.token
        else:
            yield _fresh(mailbox)
    except BaseException:
        _kept.pop(mailbox.pk, None)
        raise


def _asked(mailbox: Mailbox) -> str:
    return json.dumps([mailbox.token_url, mailbox.user_name, _request(mailbox)])


def _fresh(mailbox: Mailbox) -> str:
    """For the refresh token, or where there is none, in the client's own name. One that the provider replaces is stored."""
    answer = asyncio.run(
        http.post(
            mailbox.token_url,
            content=urlencode(_request(mailbox)).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            timeout=SECONDS,
            limit=ANSWER_OCTETS,
        )
    )
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = None
    if not isinstance(said, dict) or not answer.is_success or not isinstance(said.get("access_token"), str):
        raise Refused(f"The provider gives no access token: {_reason(said)} (status {answer.status})")
    _keep_replaced(mailbox, said.get("refresh_token"))
    token, seconds = said["access_token"], said.get("expires_in")
    if isinstance(seconds, int):
        _kept[mailbox.pk] = _Kept(token, _asked(mailbox), time.monotonic() + seconds - SHORT_OF_THE_END)
    return str(token)


def _request(mailbox: Mailbox) -> dict[str, str]:
    grant = (
        {"grant_type": "refresh_token", "refresh_token": mailbox.refresh_token}
        if mailbox.refresh_token
        else {"grant_type": "client_credentials"}
    )
    client = {"client_id": mailbox.client_id, "client_secret": mailbox.client_secret, "scope": mailbox.scope}
    return {**grant, **{name: value for name, value in client.items() if value}}


def _keep_replaced(mailbox: Mailbox, refresh_token: object) -> None:
    if mailbox.refresh_token and isinstance(refresh_token, str) and refresh_token not in ("", mailbox.refresh_token):
        Mailbox.objects.filter(pk=mailbox.pk).update(refresh_token=refresh_token)
        mailbox.refresh_token = refresh_token


def _reason(said: object) -> str:
    if isinstance(said, dict):
        return str(said.get("error_description") or said.get("error") or "it says nothing about why")[:200]
    return "its answer is no JSON object"
