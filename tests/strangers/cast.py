"""Rows that an operator would make by hand, written into the database that the environment names; prints what was made."""

import json
import os
import sys
from typing import Any

import django


def main(application_url: str) -> None:
    """A zone with a way out into the simulated world, an application, its caller, one who may do everything, and spare rows."""
    from django.conf import settings

    from epm.choices import Scope
    from tests.factories import make_application, make_connection, make_credential, make_message, make_zone

    zone = make_zone()
    make_connection(zone, "simulated world", port=settings.EPM_SIMULATOR_PORT)
    urls: Any = {"application_url": f"{application_url}/run", "notification_url": f"{application_url}/notify"}
    # In the simulated world the same address is to bounce as often as somebody likes.
    application = make_application(zone, "orders", ("orders@example.com",), suppress_hard_bounces=False, **urls)
    caller, secret = make_credential(zone, application, name="shop", takes_digest=True)
    manager, master_secret = make_credential(zone, name="manager", scopes=list(Scope), all_applications=True)
    spare = make_application(zone, "spare")
    made = {
        "caller": [caller.pk, secret],
        "manager": [manager.pk, master_secret],
        "spare": {
            "SPARE_APPLICATION": str(spare.pk),
            "SPARE_CONNECTION": str(make_connection(zone, "spare", enabled=False).pk),
            "SPARE_MESSAGE": str(make_message(zone, "jo@example.net", application=spare).pk),
            "SPARE_CREDENTIAL": make_credential(zone, spare, name="spare")[0].pk,
        },
    }
    print(json.dumps(made))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
    django.setup()
    main(*sys.argv[1:])
