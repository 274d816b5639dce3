"""The statements of bench.rows. Chance is a hash of a mail's number, so that every run makes the same spread.

Forty applications of three zones, the first ones busiest; three mails of a hundred belong to none. One application's mail is
always reported as delivered; of the others 86 of 100 rest as sent, 7 are delivered and 3 bounced by a report, 4 failed. Three
hundred destinations, the first ones busiest; an address gets five mails on average, `monitor@dest0.example` one of a hundred.
Six applications are told what was sent. Receipts are in no chain (`ReceiptSeal`).
"""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from bench.rows_bare import bare, say, together, unhurried_server
from email_processor.models import Content, DeliveryReceipt, Event, InboundMessage, Message, Recipient, Suppression
from epm.choices import Channel
from epm.models import Application, Credential, EmailConnection, Zone
from notifications.models import Notification, NotificationAttempt

APPLICATIONS, DESTINATIONS = 40, 300
DAYS = 90
"""The mails were accepted over so many days, the last of them just now."""

HEAP = "rows-heap"
"""The zone whose application `heap` has a tenth of `rows` more waiting, and whose application `single` has none."""

SEARCHED = "rows-a"
"""The zone of three fifths of the applications."""

HOT = "monitor@dest0.example"
_ZONES = (SEARCHED, SEARCHED, SEARCHED, "rows-b", "rows-c")
_AT_ONCE = 100_000
_COMMITTED_TOGETHER = 100
_FILLED = (
    Event,
    Message,
    Recipient,
    Content,
    Notification,
    NotificationAttempt,
    DeliveryReceipt,
    InboundMessage,
    Suppression,
)

_CHANCE = "(hashint8extended(n, {}) & 65535) / 65536::float8"
_MADE = f"""
create temporary table made on commit drop as
select n, at, k, address, domain, state, state <> 'queued' as done, state in ('delivered', 'bounced') as reported,
    coalesce(k between 5 and 10, false) and state <> 'queued' as told, credential,
    (%(applications)s::uuid[])[k] as application, (%(names)s::text[])[k] as name,
    (%(zones)s::bigint[])[coalesce(k, 1)] as zone,
    (stamp || '7' || substr(h, 1, 3) || '8' || substr(h, 4, 15))::uuid as id,
    (stamp || '7' || substr(h, 5, 3) || '9' || substr(h, 9, 15))::uuid as recipient,
    (stamp || '7' || substr(h, 7, 3) || 'a' || substr(h, 11, 15))::uuid as report,
    (stamp || '7' || substr(h, 9, 3) || 'b' || substr(h, 13, 15))::uuid as notification,
    convert_to('From: Shop <app@example.test>' || e'\\r\\n' || 'Subject: Your order ' || n || e'\\r\\n\\r\\n'
        || repeat('All is well with it. ', 10), 'UTF8') as mime
from (
    select *, md5(n || waits::text) as h,
        lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0') as stamp,
        case when k is null then %(voice)s end as credential,
        case when k = 1 and chance < 0.065 and not waits then '{HOT}' else 'user' || who || '@' || domain end as address,
        case when waits then 'queued' when luck < 0.04 then 'failed' when luck < 0.07 then 'bounced'
            when luck < 0.14 or k = 3 then 'delivered' else 'sent' end as state
    from (
        select *, 'dest' || floor({DESTINATIONS} * power((hashint8extended(who, 6) & 65535) / 65536::float8, 3))
            || '.example' as domain
        from (
            select n, %(waits)s as waits,
                %(now)s::timestamptz - interval '{DAYS} days' * ((%(rows)s - n) / %(rows)s::float8) as at,
                case when {_CHANCE.format(1)} >= 0.03 or %(waits)s
                    then 1 + floor(cardinality(%(zones)s::bigint[]) * power({_CHANCE.format(2)}, 2))::int end as k,
                {_CHANCE.format(3)} as luck, {_CHANCE.format(4)} as chance,
                mod(hashint8extended(n, 5) & 1073741823, %(people)s) as who
            from generate_series(%(first)s::bigint, %(last)s::bigint) n
        ) drawn
    ) going
) named
"""

_MESSAGE = {
    "id": "id",
    "zone_id": "zone",
    "application_id": "application",
    "credential_id": "credential",
    "sender": "'app@example.test'",
    "from_header": "'Shop <app@example.test>'",
    "subject": "'Your order ' || n",
    "message_id_header": "'<' || id || '@rows.example>'",
    "envid": "id::text",
    "return_path_domain": "'bounces.example.test'",
    "ucid": "case when mod(n, 10) < 3 then 'call-' || n / 10 when mod(n, 1000) = 9 then 'robot' else '' end",
    "tags": """case when mod(n, 4) = 0 then '["order"]' else '[]' end::jsonb""",
    "expire_at": "at + case when done then interval '5 days' else interval '10 years' end",
    "in_doubt_policy": "'resend'",
    "size": "length(mime)",
    "accepted_at": "at",
}
_CONTENT = {"message_id": "id", "mime": "mime"}
_RECIPIENT = {
    "id": "recipient",
    "message_id": "id",
    "zone_id": "zone",
    "application_id": "application",
    "credential_id": "credential",
    "share": "'any/' || coalesce(application::text, '')",
    "address": "address",
    "notify": "case when mod(n, 5) < 3 then 'SUCCESS,FAILURE' else 'FAILURE' end",
    "orcpt": "'rfc822;' || address",
    "state": "state",
    "state_at": "at + case when reported then interval '3 s' when done then interval '1 s' else interval '0' end",
    "attempts": "done::int",
    "events_count": "1 + done::int + reported::int",
    "told_count": "told::int",
    "expire_at": "at + case when done then interval '5 days' else interval '10 years' end",
    "due_at": "case when not done then at end",
}
_ACCEPTED = {
    "recipient_id": "recipient",
    "sequence": "1",
    "type": "'accepted'",
    "state": "'queued'",
    "at": "at",
    "data": "'{}'::jsonb",
}
_ANSWER = """(case when state = 'failed'
    then '"code":550,"enhanced":"5.1.1","text":"5.1.1 <' || address || '>: Recipient address rejected: User unknown"'
    else '"code":250,"enhanced":"2.0.0","text":"2.0.0 Ok: queued as ' || substr(recipient::text, 25) || '"' end)"""
_SMTP = f"""('{{"smtp":{{' || {_ANSWER} || ',"host":"mx1.' || domain || '","tls":"TLSv1.3","cipher":"TLS_AES_256_GCM_SHA384",'
    || '"duration":0.0123,"stage":"final dot","attempt":1,"transcript":"C: MAIL FROM:<' || recipient
    || '@bounces.example.test> SIZE=2048 RET=HDRS ENVID=' || id || '\\nS: 250 2.1.0 Ok\\nC: RCPT TO:<' || address
    || '> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;' || address || '\\nS: 250 2.1.5 Ok\\nC: DATA\\nS: 354 End data with <CR><LF>'
    || '\\nS: 250 2.0.0 Ok: queued"}}}}')::jsonb"""
_OUTCOME = {
    **_ACCEPTED,
    "sequence": "2",
    "type": "case when state = 'failed' then state else 'sent' end",
    "state": "case when state = 'failed' then state else 'sent' end",
    "at": "at + interval '1 s'",
    "data": _SMTP,
}
_STATUS = "case when state = 'delivered' then '2.0.0' else '5.2.2' end"
_ACTION = "case when state = 'delivered' then 'delivered' else 'failed' end"
_REPORTED = {
    **_ACCEPTED,
    "sequence": "3",
    "type": "state",
    "state": "state",
    "at": "at + interval '3 s'",
    "data": f"""('{{"receipt":{{"id":"' || report || '","action":"' || {_ACTION} || '","status":"' || {_STATUS}
        || '","diagnostic":"smtp; answered","evidence":"reported","matched_by":"return_path"}}}}')::jsonb""",
}
_INBOUND = {
    "id": "report",
    "source": "'smtp'",
    "rcpt_to": "recipient || '@bounces.example.test'",
    "raw": "convert_to('Content-Type: multipart/report' || repeat(' ' || recipient, 10), 'UTF8')",
    "digest": "encode(sha256(convert_to(report::text, 'UTF8')), 'hex')",
    "size": "500",
    "kind": "'delivery_report'",
    "application_id": "application",
    "received_at": "at + interval '3 s'",
    "classified_at": "at + interval '3 s'",
}
_RECEIPT = {
    "id": "report",
    "inbound_id": "report",
    "recipient_id": "recipient",
    "application_id": "application",
    "received_at": "at + interval '3 s'",
    "matched_by": "'return_path'",
    "evidence": "'reported'",
    "applied": "true",
    "sealed": "true",
    "action": _ACTION,
    "status": _STATUS,
    "diagnostic": "'smtp; answered'",
    "final_recipient": "'rfc822;' || address",
    "reporting_mta": "'dns;mx1.' || domain",
    "recipient_fields": """('[["Final-Recipient", "rfc822;' || address || '"]]')::jsonb""",
}
_NOTIFICATION = {
    "id": "notification",
    "application_id": "application",
    "type": "case when state = 'failed' then 'email.failed' else 'email.sent' end",
    "subject": "recipient",
    "sequence": "1",
    "body": f"""convert_to('{{"id":"' || notification || '","application":"' || name || '","recipient":{{"address":"' || address
        || '"}},' || substr({_SMTP}::text, 2), 'UTF8')""",
    "state": "'told'",
    "attempts": "1",
    "written_in": f"%(written_from)s + n / {_COMMITTED_TOGETHER}",
    "created_at": "at + interval '1 s'",
    "settled_at": "at + interval '2 s'",
}
_TRY = {
    "notification_id": "notification",
    "number": "1",
    "url": "'https://' || name || '.example/notifications'",
    "at": "at + interval '2 s'",
    "duration": "0.02",
    "status": "204",
}
_SUPPRESSION = {
    "id": "report",
    "zone_id": "zone",
    "application_id": "application",
    "address": "n || '@' || domain",
    "reason": "'mailbox full'",
    "source": "'bounce'",
    "created_at": "at",
}
_INTO: tuple[tuple[type[models.Model], Mapping[str, str], str], ...] = (
    (Message, _MESSAGE, "true"),
    (Content, _CONTENT, "true"),
    (Recipient, _RECIPIENT, "true"),
    (Event, _ACCEPTED, "true"),
    (Event, _OUTCOME, "done"),
    (Event, _REPORTED, "reported"),
    (InboundMessage, _INBOUND, "reported"),
    (DeliveryReceipt, _RECEIPT, "reported"),
    (Notification, _NOTIFICATION, "told"),
    (NotificationAttempt, _TRY, "told"),
    (Suppression, _SUPPRESSION, "state = 'bounced'"),
)


def fill(rows: int) -> None:
    """Make `rows` finished mails and a heap of a tenth as many, with what belongs to them. Takes a minute for a million."""
    finished, heap = _finished_values(rows), _heap_values(rows // 10)
    with unhurried_server(), bare(_FILLED):
        together([*_jobs(finished), *_jobs(heap)])
        say(f"{rows:,} mails are written")


def _finished_values(rows: int) -> dict[str, Any]:
    zones = {name: _zone(name) for name in sorted(set(_ZONES))}
    applications = [_application(zones[_ZONES[n % len(_ZONES)]], f"rows-{n}") for n in range(APPLICATIONS)]
    voice = Credential(zone=zones[SEARCHED], name="voice portal of rows", channel=Channel.VOICE)
    voice.renew_secret()
    voice.save()
    return _values(applications, rows, waits=False, voice=voice.pk, written_from=_pass_commits(rows))


def _heap_values(rows: int) -> dict[str, Any]:
    zone = _zone(HEAP)
    heap, _ = _application(zone, "heap"), _application(zone, "single")
    return _values([heap], rows, waits=True, voice=None, written_from=0)


def _zone(name: str) -> Zone:
    zone = Zone.objects.create(name=name, sender_domains="example.test")
    EmailConnection.objects.create(
        zone=zone, name="way out", server="127.0.0.1", port=9, return_path_domain="bounces.example.test"
    )
    return zone


def _application(zone: Zone, name: str) -> Application:
    """Without a secret: the instance that makes the rows encrypts it with a key that no other one has."""
    return Application.objects.create(zone=zone, name=name, signing_secret="")


def _values(applications: list[Application], rows: int, **values: Any) -> dict[str, Any]:
    return {
        "applications": [one.pk for one in applications],
        "names": [one.name for one in applications],
        "zones": [one.zone_id for one in applications],
        "rows": rows,
        "people": max(1, rows // 5),
        "now": timezone.now(),
        **values,
    }


def _pass_commits(rows: int) -> int:
    """Let as many transactions pass as would have written the notifications; answers the number of the first."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_current_xact_id()::text::bigint")
        first = int(cursor.fetchone()[0])
        cursor.execute("set synchronous_commit = off")
        cursor.execute(
            f"do $$ begin for n in 0 .. {rows // _COMMITTED_TOGETHER} loop "
            "perform pg_current_xact_id(); commit; end loop; end $$"
        )
        cursor.execute("reset synchronous_commit")
    return first


def _jobs(values: Mapping[str, Any]) -> list[Any]:
    firsts = range(1, values["rows"] + 1, _AT_ONCE)
    return [partial(_write, {**values, "first": n, "last": min(n + _AT_ONCE - 1, values["rows"])}) for n in firsts]


def _write(values: Mapping[str, Any]) -> None:
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MADE, values)
        for model, columns, which in _INTO:
            statement, defaults = _insert(model, columns, which)
            cursor.execute(statement, {**values, **defaults})
    say(f"{time.perf_counter() - began:5.1f} s for mails {values['first']:,} to {values['last']:,}")


def _insert(model: type[models.Model], columns: Mapping[str, str], which: str) -> tuple[str, dict[str, Any]]:
    """What `columns` leaves out has its field's default."""
    counted = (models.AutoField, models.BigAutoField)
    rest = [f for f in model._meta.concrete_fields if f.attname not in columns and not isinstance(f, counted)]
    defaults = {f.attname: f.get_db_prep_save(f.get_default(), connection) for f in rest}
    names = ", ".join([*columns, *defaults])
    values = ", ".join([*columns.values(), *(f"%({name})s" for name in defaults)])
    return f"insert into {model._meta.db_table} ({names}) select {values} from made where {which} order by n", defaults
