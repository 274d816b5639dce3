"""Rows that an operator would make by hand, written into the database that the environment names; prints who may call."""

import json
import os
import sys

import django


def main(application_url: str) -> None:
    """A zone with a way out into the simulated world, an application, a caller of it and one who may do everything."""
    from django.conf import settings

    from epm.choices import Scope
    from tests.factories import make_application, make_connection, make_credential, make_zone

    zone = make_zone()
    make_connection(zone, "simulated world", port=settings.EPM_SIMULATOR_PORT)
    urls = {"application_url": f"{application_url}/run", "notification_url": f"{application_url}/notify"}
    application = make_application(zone, "orders", addresses=("orders@example.com",), **urls)
    caller = make_credential(zone, application, name="shop")
    manager = make_credential(zone, name="manager", scopes=list(Scope), all_applications=True)
    print(json.dumps({"caller": [caller[0].pk, caller[1]], "manager": [manager[0].pk, manager[1]]}))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
    django.setup()
    main(*sys.argv[1:])
