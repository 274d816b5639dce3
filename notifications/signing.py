"""The signature on every call to an application (Standard Webhooks 1.0: webhook-id, webhook-timestamp, webhook-signature)."""

from datetime import datetime

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from epm.models import Application


class UnusableSecret(Exception):
    """An application's signing secret that is not base64, or empty."""


def sign(application: Application, id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of one call. `id` stays the same over all tries of one thing, so that a receiver knows it again; `at` is
    the time of this try. `body` is UTF-8. Raises UnusableSecret.
    """
    try:
        webhook = Webhook(application.signing_secret)
    except (ValueError, EmptyWebhookSecretError) as error:
        raise UnusableSecret(f"the signing secret of {application} cannot be used") from error
    return {
        "Content-Type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": webhook.sign(id, at, body.decode()),
    }
