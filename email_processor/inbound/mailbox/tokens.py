"""Access tokens for mailboxes at large providers (RFC 6749 6 and 4.4), used by XOAUTH2 in place of a password."""

import asyncio
import json
from urllib.parse import urlencode

from email_processor.inbound.mailbox.box import Refused
from epm.models import Mailbox
from lib import http

SECONDS = 20.0
ANSWER_OCTETS = 100_000


def access_token(mailbox: Mailbox) -> str:
    """A fresh token: for the refresh token, or where there is none, in the client's own name.

    A refresh token that the provider replaces is stored. Raises Refused, and lib.http.Unreachable.
    """
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
    return str(said["access_token"])


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
