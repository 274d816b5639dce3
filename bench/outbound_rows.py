"""The mails that bench.outbound drains, made by PostgreSQL itself."""

from uuid import UUID

from django.db import connection

from epm.models import Application, EmailConnection

_MESSAGES = """
insert into email_processor_message (id, zone_id, application_id, connection_id, sender, from_header, subject,
    message_id_header, envid, ret, return_path_domain, ucid, caller_session, parent, tags, metadata, priority,
    expire_at, sandbox, in_doubt_policy, size, smtputf8, accepted_at)
select id, %(zone)s, %(application)s, %(connection)s, 'app@example.test', 'app@example.test', 'bench',
    '<' || id || '@bench.example>', id::text, 'HDRS', 'bounces.example.test', '', '', '', '[]', '{}', 5,
    now() + interval '5 days', false, 'resend', length(mime), false, now()
from made
"""
_CONTENTS = "insert into email_processor_content (message_id, mime) select id, mime from made"
_RECIPIENTS = """
insert into email_processor_recipient (id, message_id, zone_id, application_id, share, kind, address, name, notify, orcpt,
    metadata, state, state_at, priority, attempts, events_count, told_count, expire_at, due_at)
select id, id, %(zone)s, %(application)s,
    %(connection)s || '/' || %(application)s, 'to', 'user' || n || '@dest.test', '', 'SUCCESS,FAILURE',
    'rfc822;user' || n || '@dest.test', '{}', 'queued', now(), 5, 0, 1, 0, now() + interval '5 days', now()
from made
"""
_EVENTS = """
insert into email_processor_event (recipient_id, sequence, type, state, at, data)
select id, 1, 'accepted', 'queued', now(), '{}' from made
"""
_MADE = """
create temporary table made on commit drop as
select uuidv7() as id, n, convert_to('From: app@example.test' || chr(13) || chr(10) || 'Subject: bench' || chr(13)
    || chr(10) || chr(13) || chr(10) || repeat(repeat('x', 62) || chr(13) || chr(10), %(lines)s), 'UTF8') as mime
from generate_series(1, %(count)s) n
"""
_AT_ONCE = 100_000
_WORTH_A_LOOK = 1_000
"""Fewer rows than that change no plan, and a vacuum takes its time beside millions."""


def make_queued(application: Application, connection_to: EmailConnection, count: int, octets: int) -> None:
    """`count` queued mails of so many octets, each with its own recipient."""
    values: dict[str, str | int | UUID] = {
        "zone": application.zone_id,
        "application": application.pk,
        "connection": connection_to.pk,
        "lines": octets // 64,
    }
    with connection.cursor() as cursor:
        for start in range(0, count, _AT_ONCE):
            cursor.execute("begin")
            for statement in (_MADE, _MESSAGES, _CONTENTS, _RECIPIENTS, _EVENTS):
                cursor.execute(statement, {**values, "count": min(_AT_ONCE, count - start)})
            cursor.execute("commit")
        if count >= _WORTH_A_LOOK:
            cursor.execute("vacuum analyze")
