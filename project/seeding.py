"""The first start of an embedded instance: zone, way out into the simulated mail world, application, credential, login."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from epm.choices import MessageTypes, RegisteredDelivery, Transport
from epm.models import Application, ApplicationAddress, Credential, EmailConnection, Zone

SENDER_DOMAIN = "example.com"


@dataclass(frozen=True, slots=True)
class FirstLogin:
    """What a newcomer needs. Kept in a file of mode 600, so that every start can show it again."""

    user_name: str
    password: str
    credential: str
    secret: str
    signing_secret: str


def first_login() -> FirstLogin:
    """What the first start made; makes it where this is the first start."""
    path = settings.VAR / "secrets" / "first_login.json"
    if path.exists():
        return FirstLogin(**json.loads(path.read_text()))
    return _seed(path)


@transaction.atomic
def _seed(path: Path) -> FirstLogin:
    zone = Zone.objects.create(name="main", description="The first zone", sender_domains=SENDER_DOMAIN)
    EmailConnection.objects.create(
        zone=zone,
        name="simulated world",
        server=settings.EPM_SIMULATOR_HOST,
        transport=Transport.TCP,
        port=settings.EPM_SIMULATOR_PORT,
        return_path_domain=settings.EPM_RETURN_PATH_DOMAIN,
        registered_delivery=RegisteredDelivery.SUCCESS_AND_FAILURE,
        sender_address=f"demo@{SENDER_DOMAIN}",
    )
    application = _example_application(zone)
    credential = Credential(zone=zone, name="first credential")
    secret = credential.renew_secret()
    credential.save()
    credential.applications.add(application)
    password = secrets.token_urlsafe(12)
    get_user_model().objects.create_superuser("admin", password=password)
    login = FirstLogin("admin", password, credential.pk, secret, application.signing_secret)
    # Written before the commit: rows without the file would lock the newcomer out, a file without rows is written again.
    _write_private(path, json.dumps(asdict(login)))
    return login


def _example_application(zone: Zone) -> Application:
    """The application in examples/application, which every embedded instance runs."""
    here = f"http://127.0.0.1:{settings.EPM_EXAMPLE_PORT}"
    application = Application.objects.create(
        zone=zone,
        name="demo",
        message_types=MessageTypes.REGULAR_AND_DELIVERY,
        application_url=f"{here}/application",
        notification_url=f"{here}/notifications",
        suppress_hard_bounces=False,  # in the simulated world the same address is to bounce as often as somebody likes
    )
    ApplicationAddress.objects.create(application=application, address=f"demo@{SENDER_DOMAIN}")
    return application


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
