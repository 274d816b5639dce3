"""What a server said it can do, kept with its connection: acceptance tells callers from it which reports to expect."""

from datetime import timedelta

from django.utils import timezone

from email_processor.outbound.envelope import Features
from email_processor.outbound.routing import SANDBOX, Route
from epm.models import EmailConnection

_STAYS_FRESH = timedelta(hours=1)


def remember_features(route: Route, features: Features) -> None:
    """Store what EHLO offered, where it is new or what we know is an hour old.

    A direct connection leads to many servers, of which none speaks for the others.
    """
    if route.way == SANDBOX or route.is_direct:
        return
    now, offered = timezone.now(), dict(features)
    connection = EmailConnection.objects.filter(pk=route.way)
    known = connection.values_list("ehlo_features", "ehlo_seen_at").first()
    if known is not None and (known[0] != offered or known[1] is None or known[1] < now - _STAYS_FRESH):
        connection.update(ehlo_features=offered, ehlo_seen_at=now)
