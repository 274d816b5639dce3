"""Rows that an operator would make by hand, written into the database that the environment names; prints what was made."""

import json
import os
import sys
from typing import Any

import django


def main(application_url: str) -> None:
    """A zone with a way out into the simulated world, an application, its caller, one who may do everything, and spare rows."""
    from django.conf import settings

    from email_processor.models import DeliveryReceipt
    from epm.choices import Scope
    from epm.models import Mailbox, SenderDomain
    from notifications.models import Notification
    from tests.factories import make_application, make_connection, make_credential, make_message, make_zone
    from tests.interface.test_status import bounce

    zone = make_zone()
    make_connection(zone, "simulated world", port=settings.EPM_SIMULATOR_PORT)
    urls: Any = {"application_url": f"{application_url}/run", "notification_url": f"{application_url}/notify"}
    # In the simulated world the same address is to bounce as often as somebody likes.
    application = make_application(zone, "orders", ("orders@example.com",), suppress_hard_bounces=False, **urls)
    caller, secret = make_credential(zone, application, name="shop", takes_digest=True)
    manager, master_secret = make_credential(
        zone, name="manager", scopes=list(Scope), all_applications=True, manages_zones=True
    )
    spare = make_application(zone, "spare")
    mailbox = Mailbox.objects.create(
        zone=zone, name="spare", server="127.0.0.1", user_name="u", password="p", enabled=False
    )
    bounce(make_message(zone, "gone@example.net", application=spare).recipients.get())
    made = {
        "caller": [caller.pk, secret],
        "manager": [manager.pk, master_secret],
        "spare": {
            "SPARE_APPLICATION": str(spare.pk),
            "SPARE_CONNECTION": str(make_connection(zone, "spare", enabled=False).pk),
            "SPARE_MESSAGE": str(make_message(zone, "jo@example.net", application=spare).pk),
            "SPARE_CREDENTIAL": make_credential(zone, spare, name="spare")[0].pk,
            "SPARE_MAILBOX": str(mailbox.pk),
            "SPARE_DOMAIN": str(SenderDomain.objects.create(zone=zone, domain="example.com").pk),
            "SPARE_ZONE": make_zone("elsewhere").name,
            "SPARE_RECEIPT": str(DeliveryReceipt.objects.get().pk),
            "SPARE_NOTIFICATION": str(Notification.objects.filter(application=spare)[0].pk),
        },
    }
    print(json.dumps(made))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
    django.setup()
    main(*sys.argv[1:])
