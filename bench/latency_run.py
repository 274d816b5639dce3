"""The part of bench.latency that runs inside the settings of a temporary instance."""

import time
from datetime import datetime

import httpx
from django.core.management import call_command

from email_processor.simulator.world import running_world
from project.demo.cast import SENDER, Caller, make_cast
from project.demo.instance import Instance

PAUSE = 0.1
"""Seconds between two mails, so that each finds the system idle."""


def send_one_by_one(instance: Instance, count: int) -> list[float]:
    """Seconds from acceptance to hand-over, one figure a mail."""
    call_command("migrate", verbosity=0)
    caller = make_cast(receiver_url="http://127.0.0.1:9").shop
    with running_world(port=instance.port("EPM_SIMULATOR_PORT")) as world:
        instance.start("web", "worker", "beat")
        instance.wait_until_listening("EPM_WEB_PORT")
        _send(instance, caller)  # the first mail waits for the worker to come up
        world.wait_for_mail(1, timeout=60)
        waits = []
        for number in range(2, count + 2):
            time.sleep(PAUSE)
            accepted_at = _accepted_at(instance, caller, _send(instance, caller))
            world.wait_for_mail(number, timeout=60)
            waits.append((world.received[-1].received_at - accepted_at).total_seconds())
    return waits


def _send(instance: Instance, caller: Caller) -> str:
    mail = {"from": SENDER, "to": ["silent@world.example"], "subject": "Latency", "body": "x" * 4096, "notify": "NEVER"}
    response = httpx.post(f"{instance.url}/api/v1/emails", json=mail, auth=(caller.id, caller.secret))
    return str(response.raise_for_status().json()["message_id"])


def _accepted_at(instance: Instance, caller: Caller, message_id: str) -> datetime:
    response = httpx.get(f"{instance.url}/api/v1/emails/{message_id}", auth=(caller.id, caller.secret))
    return datetime.fromisoformat(response.raise_for_status().json()["message"]["accepted_at"])
