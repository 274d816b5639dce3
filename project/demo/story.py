"""The story of a mail, from the caller's request to the receipt in its application, over the real doors."""

import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
from django.core.management import call_command

from project.demo.cast import SENDER, Caller, Cast, make_cast
from project.demo.instance import Instance
from project.demo.receiver import Receiver
from project.demo.soap import SoapDoor
from project.demo.stage import Missed, Stage

WORLD = "world.example"
CRASH_MAILS = 200


def play(instance: Instance, receiver: Receiver) -> int:
    """Plays every scene; answers the exit status."""
    stage = Stage()
    try:
        cast = _raise_the_curtain(stage, instance, receiver)
        first = send_over_rest(stage, instance, cast, receiver)
        send_over_soap(stage, instance, cast, receiver)
        launch_over_soap(stage, instance, cast, receiver)
        send_from_voice(stage, instance, cast, receiver)
        kill_the_worker(stage, instance, cast)
        stage.expect(receiver.forged == 0, "every signature that arrived verified", f"{len(receiver.calls)} calls")
        print_timeline(stage, instance, cast, first)
    except Missed as missed:
        print(f"\nMISSED: {missed}\n\nThe end of the log:\n{instance.log.read_text()[-4000:]}", flush=True)
        return 1
    stage.scene("The end: every station was reached.")
    return 0


def _raise_the_curtain(stage: Stage, instance: Instance, receiver: Receiver) -> Cast:
    stage.scene("A temporary instance")
    call_command("migrate", verbosity=0)
    cast = make_cast(receiver.url)
    receiver.secret = cast.signing_secret
    instance.start("web", "worker", "beat", "listener")
    instance.start_with("simulator", "--short-wait", "0.5", "--slow-reply", "0.2")
    instance.wait_until_listening("EPM_WEB_PORT", "EPM_LISTENER_PORT", "EPM_SIMULATOR_PORT")
    stage.reached("web, worker, beat, listener and the simulated world are up", instance.url)
    return cast


def send_over_rest(stage: Stage, instance: Instance, cast: Cast, receiver: Receiver) -> str:
    """Three recipients, three fates. Answers the message id."""
    stage.scene("sendEmail over REST, to three recipients of the simulated world")
    answer = _post(
        instance,
        cast.shop,
        "emails",
        {
            "from": SENDER,
            "to": [f"{fate}@{WORLD}" for fate in ("delivered", "unknown", "refused")],
            "subject": "Your invoice",
            "body": "Please find nothing attached.",
            "ucid": "invoice-4711",
            "tag": ["invoice"],
            "metadata": {"customer": "17"},
        },
    )
    message_id: str = answer["message_id"]
    stage.expect(len(answer["recipients"]) == 3, "accepted", f"message {message_id}")
    _told(stage, receiver, "email.sent", message_id, f"delivered@{WORLD}")
    _told(stage, receiver, "email.sent", message_id, f"unknown@{WORLD}")
    _told(stage, receiver, "email.failed", message_id, f"refused@{WORLD}")
    _check_dsn_parameters(stage, instance, message_id)
    delivered = _told(stage, receiver, "email.delivered", message_id, f"delivered@{WORLD}")
    bounced = _told(stage, receiver, "email.bounced", message_id, f"unknown@{WORLD}")
    receipts = (delivered["receipt"], bounced["receipt"])
    stage.expect([r["matched_by"] for r in receipts] == ["return_path"] * 2, "both joined by the signed return path")
    stage.expect(bounced["receipt"]["status"] == "5.1.1", "the failure says why", bounced["receipt"]["explanation"])
    _launched_with_receipt(stage, receiver, "/shop", message_id)
    return message_id


def _check_dsn_parameters(stage: Stage, instance: Instance, message_id: str) -> None:
    arrived = [path.read_text(errors="replace") for path in _arrived(instance)]
    mine = [text for text in arrived if message_id in text]
    asked = all(all(word in text for word in ("NOTIFY=", "ORCPT=", "RET=", "ENVID=")) for text in mine)
    stage.expect(mine and asked, "sent with NOTIFY, ORCPT, RET and ENVID")


def send_over_soap(stage: Stage, instance: Instance, cast: Cast, receiver: Receiver) -> None:
    stage.scene("sendEmail over SOAP (zeep)")
    door = SoapDoor(instance.url, cast.shop)
    message_id = door.send_email(
        {
            "from": SENDER,
            "to": f'"Doe, Jane" <delivered@{WORLD}>, refused@{WORLD}',
            "subject": "Over SOAP",
            "body": "The same contract through the other door.",
            "emailParameters": "notify=SUCCESS,FAILURE;tag=soap;metadata.customer=18",
        }
    )
    stage.reached("accepted", f"message {message_id}")
    _told(stage, receiver, "email.sent", message_id, f"delivered@{WORLD}")
    _told(stage, receiver, "email.failed", message_id, f"refused@{WORLD}")
    _told(stage, receiver, "email.delivered", message_id, f"delivered@{WORLD}")
    stage.expect(door.states(message_id) == ["delivered", "failed"], "getEmailStatus over SOAP agrees")


def launch_over_soap(stage: Stage, instance: Instance, cast: Cast, receiver: Receiver) -> None:
    stage.scene("launchEmail over SOAP")
    door = SoapDoor(instance.url, cast.launcher)
    launch = {"from": f"delivered@{WORLD}", "subject": "Good morning?", "appParameters": "topic=tea"}
    session = door.launch_email({**launch, "to": "greeter@example.com", "applicationName": "demo:greeter"})
    stage.reached("the application runs", f"session {session}")
    sent = receiver.wait_for("/notifications", lambda body: body["message"]["session_id"] == session)
    stage.expect(sent, "it answered with a send action, and a mail went out", sent["type"] if sent else "")
    receipt = receiver.wait_for("/greeter", lambda b: b["session"]["id"] == session and "receipt" in b["event"])
    stage.expect(receipt, "the mail's receipt came back into the same session")
    for name, code in (("broken", "launch_failed"), ("hanging", "launch_timeout")):
        refused = door.launch_problem({**launch, "to": f"{name}@example.com", "applicationName": name})
        stage.expect(refused == code, f"the {name} application makes launchEmail fail", refused)


def send_from_voice(stage: Stage, instance: Instance, cast: Cast, receiver: Receiver) -> None:
    stage.scene("A voice application sends")
    mail = {"from": SENDER, "to": [f"refused@{WORLD}"], "subject": "You called", "body": "Thank you."}
    alone = _post(instance, cast.voice, "emails", mail)
    stage.expect("no notification" in alone["notification"].lower(), "naming no application", alone["notification"])
    named = _post(instance, cast.voice, "emails", {**mail, "applicationName": "demo:shop"})
    _told(stage, receiver, "email.failed", named["message_id"], f"refused@{WORLD}")
    silent = receiver.wait_for("/notifications", lambda b: b["message"]["id"] == alone["message_id"], timeout=0)
    stage.expect(silent is None, "and of the first one nobody was told")


def kill_the_worker(stage: Stage, instance: Instance, cast: Cast) -> None:
    """kill -9 in the middle of a queue. Counted where the mails arrived, not in our own tables."""
    stage.scene(f"The worker is killed with -9 in the middle of {CRASH_MAILS} queued mails")
    to = [f"slow+{n}@{WORLD}" for n in range(CRASH_MAILS)]
    message_id = _post(
        instance, cast.shop, "emails", {"from": SENDER, "to": to, "subject": "Crash", "notify": "NEVER"}
    )["message_id"]
    stage.wait(lambda: _count_arrived(instance, message_id) >= CRASH_MAILS // 8, "some have left")
    instance.kill("worker")
    left = _count_arrived(instance, message_id)
    stage.expect(left < CRASH_MAILS, "killed", f"{left} of {CRASH_MAILS} had arrived")
    instance.start("worker")
    mail = stage.wait(lambda: _settled(instance, cast, message_id), "started again: all have left", timeout=90)
    _account_for(stage, instance, message_id, mail)


def _account_for(stage: Stage, instance: Instance, message_id: str, mail: dict[str, Any]) -> None:
    arrivals = Counter(_recipient_of(path) for path in _arrived(instance) if message_id in path.read_text())
    doubted = {r["address"] for r in mail["recipients"] if "in_doubt" in [e["type"] for e in r["events"]]}
    stage.expect(len(arrivals) == CRASH_MAILS, "none vanished", f"{len(arrivals)} recipients got the mail")
    twice = {address for address, count in arrivals.items() if count > 1}
    stage.expect(
        twice <= doubted,
        "sent once, or shown in doubt",
        f"{len(doubted)} were in doubt, {len(twice)} of them arrived twice (the policy says: send again)",
    )


def print_timeline(stage: Stage, instance: Instance, cast: Cast, message_id: str) -> None:
    """One recipient's whole story, as GET /api/v1/emails/{id} and the console show it."""
    mail = _get(instance, cast.shop, f"emails/{message_id}")
    recipient = next(r for r in mail["recipients"] if r["address"].startswith("unknown@"))
    stage.scene(f"The timeline of {recipient['address']} ({recipient['state']})")
    for entry in recipient["timeline"]:
        print(f"  {entry['at']}  {entry['title']}", flush=True)
    stage.expect(len(recipient["timeline"]) >= 4, "the timeline is whole", f"{len(recipient['timeline'])} entries")


def _told(stage: Stage, receiver: Receiver, type: str, message_id: str, address: str) -> dict[str, Any]:
    def matches(body: dict[str, Any]) -> bool:
        return bool(
            body["type"] == type and body["message"]["id"] == message_id and body["recipient"]["address"] == address
        )

    body = receiver.wait_for("/notifications", matches)
    if body is None:
        raise Missed(f"{type} for {address}")
    smtp = body.get("smtp") or {}
    stage.reached(type, f"{address}  {smtp.get('code', '')} {smtp.get('text', '')}".rstrip())
    return body


def _launched_with_receipt(stage: Stage, receiver: Receiver, path: str, message_id: str) -> None:
    launched = receiver.wait_for(path, lambda b: "receipt" in b["event"] and b["event"]["message"]["id"] == message_id)
    stage.expect(launched, "the Email Browser launched the application URL with the receipt")


def _post(instance: Instance, caller: Caller, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = httpx.post(f"{instance.url}/api/v1/{path}", json=body, auth=(caller.id, caller.secret), timeout=60)
    if not response.is_success:
        raise Missed(f"POST {path}: {response.status_code} {response.text}")
    answer: dict[str, Any] = response.json()
    return answer


def _get(instance: Instance, caller: Caller, path: str) -> dict[str, Any]:
    response = httpx.get(f"{instance.url}/api/v1/{path}", auth=(caller.id, caller.secret), timeout=60)
    if not response.is_success:
        raise Missed(f"GET {path}: {response.status_code} {response.text}")
    answer: dict[str, Any] = response.json()
    return answer


def _settled(instance: Instance, cast: Cast, message_id: str) -> dict[str, Any] | None:
    time.sleep(0.3)
    mail = _get(instance, cast.shop, f"emails/{message_id}")
    return mail if all(r["state"] == "sent" for r in mail["recipients"]) else None


def _arrived(instance: Instance) -> list[Path]:
    return sorted(Path(instance.settings["EPM_SIMULATOR_MAILDIR"]).glob("*.eml"))


def _count_arrived(instance: Instance, message_id: str) -> int:
    return sum(message_id in path.read_text(errors="replace") for path in _arrived(instance))


def _recipient_of(path: Path) -> str:
    found = re.search(r"^X-Sim-Rcpt-To: <?([^>\s]+)", path.read_text(errors="replace"), re.MULTILINE)
    return found[1] if found else path.name
