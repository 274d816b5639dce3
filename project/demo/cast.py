"""Who plays in the demo: rows an operator would otherwise make in the console."""

from dataclasses import dataclass

from django.conf import settings

from epm.choices import Channel, MessageTypes, RegisteredDelivery, Transport
from epm.models import Application, ApplicationAddress, Credential, EmailConnection, Zone

SENDER = "shop@example.com"


@dataclass(frozen=True, slots=True)
class Caller:
    """What a program needs to call: credential id and secret."""

    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Cast:
    """The callers of the story. Every application signs with `signing_secret`."""

    signing_secret: str
    shop: Caller
    launcher: Caller
    voice: Caller


def make_cast(receiver_url: str) -> Cast:
    """A zone with a way out into the simulated world, four applications, three callers."""
    zone = Zone.objects.create(name="demo", sender_domains="example.com")
    EmailConnection.objects.create(
        zone=zone,
        name="simulated world",
        server=settings.EPM_SIMULATOR_HOST,
        port=settings.EPM_SIMULATOR_PORT,
        transport=Transport.TCP,
        return_path_domain=settings.EPM_RETURN_PATH_DOMAIN,
        registered_delivery=RegisteredDelivery.SUCCESS_AND_FAILURE,
    )
    shop = _application(zone, "shop", f"{receiver_url}/shop", receiver_url)
    secret = shop.signing_secret
    greeter = _application(zone, "greeter", f"{receiver_url}/greeter", receiver_url, signing_secret=secret)
    broken = _application(zone, "broken", f"{receiver_url}/broken", receiver_url, signing_secret=secret)
    hanging = _application(zone, "hanging", f"{receiver_url}/hanging", receiver_url, signing_secret=secret)
    return Cast(
        signing_secret=secret,
        shop=_caller(zone, "shop back end", shop),
        launcher=_caller(zone, "launcher", greeter, broken, hanging),
        voice=_caller(zone, "voice portal", shop, channel=Channel.VOICE),
    )


def _application(zone: Zone, name: str, url: str, receiver_url: str, **fields: str) -> Application:
    application = Application.objects.create(
        zone=zone,
        name=name,
        message_types=MessageTypes.DELIVERY,
        application_url=url,
        notification_url=f"{receiver_url}/notifications",
        suppress_hard_bounces=False,  # the simulated addresses bounce in every scene anew
        **fields,
    )
    ApplicationAddress.objects.create(application=application, address=f"{name}@example.com")
    return application


def _caller(zone: Zone, name: str, *applications: Application, channel: Channel = Channel.EMAIL) -> Caller:
    credential = Credential(zone=zone, name=name, channel=channel)
    secret = credential.renew_secret()
    credential.save()
    credential.applications.set(applications)
    return Caller(credential.pk, secret)
