"""Ordinary mail that speaks of delivery, errors and bounces, by people and by machines: none of it is a receipt."""

import pytest

from email_processor.inbound.classifying import Kind, classify

from .ordinary_letters import LETTERS
from .ordinary_machines import MACHINES, Mail

REPORT = """\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob@example.com
    550 5.1.1 User unknown
"""
FIELDS = (
    "Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; bob@example.com\nAction: failed\nStatus: 5.1.1\n"
)
QUOTED = "".join(f"> {line}\n" for line in REPORT.split("\n"))
PERSON = "From: Jo <jo@example.org>\nTo: us@example.net\n"


def parted(kind: str, *parts: tuple[str, str]) -> tuple[str, str]:
    """A Content-Type header and the body of a multipart with these (type, text) parts."""
    body = "".join(f"--q\nContent-Type: {type_}\n\n{text}\n" for type_, text in parts)
    return f"Content-Type: {kind}; boundary=q\n", f"{body}--q--\n"


def forwarded(headers: str) -> Mail:
    kind, text = parted(
        "multipart/mixed",
        ("text/plain", "What is this about?"),
        ("message/rfc822", f"From: MAILER-DAEMON@mx.example.org\nSubject: Undelivered Mail\n\n{REPORT}"),
    )
    return Mail("a report attached by a person", headers + kind, text)


DMARC_KIND, DMARC_TEXT = parted(
    "multipart/mixed",
    ("text/plain", "This is an aggregate report from provider.example about rejected and failed messages."),
    ('application/gzip; name="provider.example!example.net!1!2.xml.gz"', "H4sI"),
)
TLS_KIND, TLS_TEXT = parted(
    'multipart/report; report-type="tlsrpt"',
    ("text/plain", "This is an aggregate TLS report: 3 sessions failed to be delivered securely."),
    ("application/tlsrpt+gzip", "H4sI"),
)
DIGEST_KIND, DIGEST_TEXT = parted(
    "multipart/digest",
    ("message/rfc822", f"From: Jo <jo@example.org>\nSubject: bounces\n\nI keep getting this:\n\n{REPORT}"),
    ("message/rfc822", f"From: MAILER-DAEMON@mx.example.org\nSubject: Undelivered Mail\n\n{REPORT}"),
)
CALENDAR_KIND, CALENDAR_TEXT = parted(
    "multipart/alternative",
    ("text/plain", "Bob has declined your invitation. The message could not be added to the calendar."),
    ("text/calendar; method=REPLY", "BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR"),
)
SIGNED_KIND, SIGNED_TEXT = parted(
    'multipart/signed; protocol="application/pgp-signature"',
    ("text/plain", f"Our logs of last night:\n\n{REPORT}"),
    ("application/pgp-signature", "-----BEGIN PGP SIGNATURE-----"),
)
FIELDS_KIND, FIELDS_TEXT = parted(
    "multipart/mixed", ("text/plain", "The status part of the bounce is attached."), ("message/delivery-status", FIELDS)
)

ORDINARY = (
    Mail(
        "a newsletter", "From: News <news@example.org>\nList-Id: <news.example.org>\nSubject: Why mail bounces", REPORT
    ),
    Mail(
        "a newsletter about delivery failures",
        "From: Mail Weekly <no-reply@news.example.org>\nPrecedence: bulk\nList-Unsubscribe: <https://example.org/u>\n"
        "Subject: Delivery failures and how to avoid them",
        f"This week: what does your bounce mean?\n\n{REPORT}\nRead more on our site.\n",
    ),
    Mail(
        "a person pastes a report",
        PERSON + "Subject: Undelivered Mail Returned to Sender",
        f"I got this, help!\n\n{REPORT}",
    ),
    Mail("a person quotes a report", PERSON + "Subject: question\nUser-Agent: Mutt/2.2", f"See:\n\n{QUOTED}"),
    Mail(
        "a person answers a report",
        PERSON + "Subject: AW: Unzustellbar: Angebot\nIn-Reply-To: <1@mx.example.org>",
        f"Bitte nicht mehr an diese Adresse.\n\n{QUOTED}",
    ),
    Mail(
        "a person forwards a report in the body",
        PERSON + "Subject: WG: Undeliverable: offer\nX-Mailer: Microsoft Outlook 16.0",
        f"________________\nFrom: MAILER-DAEMON\nSent: Sunday\nTo: Jo\nSubject: Undeliverable: offer\n\n{REPORT}",
    ),
    forwarded(PERSON + "Subject: Fw: Undelivered Mail\n"),
    forwarded(
        "From: postmaster@example.org\nTo: us@example.net\nSubject: Fwd: Undelivered Mail\nX-Mailer: Apple Mail\n"
    ),
    Mail("a status part attached by a person", PERSON + "Subject: the bounce you wanted\n" + FIELDS_KIND, FIELDS_TEXT),
    Mail("the fields in a person's text", PERSON + "Subject: bounce", f"The log says:\n\n{FIELDS}"),
    Mail("a signed mail with a log", PERSON + "Subject: mail log\n" + SIGNED_KIND, SIGNED_TEXT),
    Mail(
        "a ticket about a bounce",
        "From: Help Desk <helpdesk@example.org>\nTo: us@example.net\nAuto-Submitted: auto-generated\n"
        "Subject: [Ticket #4711] Mail delivery failed: returning message to sender",
        f"Your request has been received. You wrote:\n\n{REPORT}\nWe will answer within a day.\n",
    ),
    Mail(
        "a ticket is closed",
        "From: support@example.org\nTo: us@example.net\nSubject: Ticket 4711: problem delivering mail",
        "Hello,\n\nthe mailbox bob@example.com was full, and messages could not be delivered. This is solved now.\n",
    ),
    Mail(
        "a postmaster writes",
        "From: Postmaster <postmaster@example.org>\nTo: us@example.net\nSubject: Maintenance of the mail system on Sunday",
        "Dear users,\n\non Sunday mail can not be delivered between 8 and 10. Mails to bob@example.com are not affected.\n",
    ),
    Mail(
        "an administrator answers",
        "From: Mail Administrator <mail-admin@example.org>\nTo: us@example.net\nSubject: Re: delivery problem\n"
        "In-Reply-To: <1@example.net>",
        "The recipient bob@example.com does not exist any more: 550 5.1.1 User unknown. Write to ann@example.com.\n",
    ),
    Mail(
        "a DMARC report",
        "From: noreply-dmarc@provider.example\nSubject: Report domain: example.net\n" + DMARC_KIND,
        DMARC_TEXT,
    ),
    Mail(
        "a TLS report", "From: tls-reports@provider.example\nSubject: Report Domain: example.net\n" + TLS_KIND, TLS_TEXT
    ),
    Mail("a digest", "From: list-request@example.org\nSubject: Digest of list, failures\n" + DIGEST_KIND, DIGEST_TEXT),
    Mail(
        "a calendar reply",
        "From: bob@example.com\nSubject: Declined: delivery meeting\n" + CALENDAR_KIND,
        CALENDAR_TEXT,
    ),
    Mail(
        "a list's moderation",
        "From: list-bounces@example.org\nTo: us@example.net\nSubject: Your message to list awaits moderator approval\n"
        "Precedence: bulk",
        "Your mail to 'list' with the subject\n\n    offer\n\nis being held until the list moderator can review it.\n",
    ),
    Mail(
        "a list's reminder of bounces",
        "From: list-request@example.org\nTo: us@example.net\nSubject: Your subscription has been disabled\nPrecedence: bulk",
        "Mail to you has bounced: messages from the list could not be delivered. Confirm to be enabled again.\n",
    ),
    Mail(
        "a challenge",
        "From: Bob <bob@example.com>\nTo: us@example.net\nSubject: Please confirm your message\nAuto-Submitted: auto-replied",
        "Your message has not been delivered yet. Click here once and it will be delivered to bob@example.com.\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "an absence with addresses",
        "Return-Path: <>\nFrom: bob@example.com\nTo: us@example.net\nSubject: Automatic reply: offer\n"
        "Auto-Submitted: auto-generated",
        "I am out of office and your message will not be delivered to anybody.\n\nContact:\n\nann@example.com\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "an absence in German",
        "Return-Path: <>\nFrom: bob@example.com\nTo: us@example.net\nSubject: Abwesenheitsnotiz: Angebot\n"
        "X-Auto-Response-Suppress: All",
        "Ihre Nachricht wurde nicht weitergeleitet und konnte nicht gelesen werden.\n\nann@example.com\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "somebody has left",
        "Return-Path: <>\nFrom: bob@example.com\nTo: us@example.net\nSubject: Auto: offer\nAuto-Submitted: auto-replied",
        "Bob no longer works here. The address bob@example.com does not exist any more, use ann@example.com.\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "a parcel in German",
        "From: Paketdienst <noreply@paket.example>\nTo: us@example.net\nSubject: Ihr Paket konnte nicht zugestellt werden",
        "Ihre Sendung konnte nicht zugestellt werden: Empfänger nicht angetroffen.\n\nbob@example.com\n",
    ),
    Mail(
        "a parcel in French",
        "From: Transport <notification@colis.example>\nTo: us@example.net\nSubject: Échec de livraison de votre colis",
        "Votre colis n'a pas pu être remis au destinataire bob@example.com.\n",
    ),
    Mail(
        "a parcel in Spanish",
        "From: Envios <no-reply@envios.example>\nTo: us@example.net\nSubject: Entrega fallida de su paquete",
        "No se pudo entregar el paquete al destinatario bob@example.com.\n",
    ),
    Mail(
        "a parcel in Japanese",
        "From: =?utf-8?b?5a6F6YWN?= <no-reply@takuhai.example>\nTo: us@example.net\nSubject: お荷物のお届けについて",
        "お荷物をお届けできませんでした。宛先: bob@example.com\n",
    ),
    Mail(
        "a payment fails",
        "From: Billing <noreply@shop.example>\nTo: us@example.net\nSubject: Payment failed",
        "Your payment could not be processed: error 550 declined. Account: bob@example.com\n",
    ),
    Mail(
        "a backup fails",
        "From: backup-system@example.net\nTo: us@example.net\nSubject: Backup failed: mail server",
        "Error: could not send the report to admin@example.net: 421 connection refused\n",
    ),
    Mail(
        "a monitor's alert",
        "From: Monitoring <alert@example.net>\nTo: us@example.net\nAuto-Submitted: auto-generated\n"
        "Subject: PROBLEM: Mail queue of mx.example.net is CRITICAL",
        "Service: mail queue\nState: CRITICAL\n\n200 messages could not be delivered: connection to mx.example.com timed out\n",
    ),
    Mail(
        "a mail statistic",
        "From: logwatch@example.net\nTo: us@example.net\nSubject: Logwatch for mx.example.net: mail delivery status",
        "  12 messages bounced\n   3 Deferred: connection refused\n\n  Unknown users:\n     bob@example.com: 4 times\n",
    ),
    Mail(
        "cron's output",
        "From: root@example.net (Cron Daemon)\nTo: root@example.net\nSubject: Cron <root@mx> /usr/local/bin/queue-report",
        f"Undeliverable mail in the queue:\n\nbob@example.com: 550 5.1.1 user unknown\n{FIELDS}",
    ),
    Mail(
        "a commit about bounces",
        "From: git@example.org\nTo: dev@example.org\nSubject: [repo] Fix mail delivery failed handling",
        f'+ assert "550 5.1.1 user unknown" in text\n+ """{REPORT}"""\n',
    ),
    Mail(
        "a review comment",
        "From: Jo <notifications@forge.example>\nTo: us@example.net\nSubject: Re: [repo] Returned mail is not parsed (#12)\n"
        "Auto-Submitted: auto-generated\nIn-Reply-To: <repo/12@forge.example>",
        f"```\n{REPORT}\n```\nThis one is not recognised.\n",
    ),
    Mail(
        "a quarantine digest",
        "From: Quarantine <quarantine@example.net>\nTo: us@example.net\nSubject: Spam digest: 3 messages were blocked",
        "The following messages were blocked and not delivered to you:\n\nbob@example.com  offer\nann@example.com  invoice\n",
    ),
    Mail(
        "phishing as a postmaster",
        "From: Mail Administrator <admin@evil.example>\nTo: us@example.net\nSubject: You have 7 undelivered messages",
        "Dear us@example.net,\n\n7 messages were not delivered to your mailbox since the quota is exceeded. Click to release.\n",
    ),
    Mail(
        "a signup's warning",
        "From: no-reply@service.example\nTo: us@example.net\nSubject: We could not deliver our message to you",
        "Our last message to us@example.net was returned. Please confirm your address.\n",
    ),
    Mail(
        "a colleague in French",
        PERSON + "Subject: Message non remis à Bob",
        "Bonjour, mon message à bob@example.com n'a pas pu être remis. Peux-tu regarder ?\n",
    ),
    Mail(
        "a colleague in German",
        PERSON + "Subject: Unzustellbar",
        "Hallo, meine Mail an bob@example.com konnte nicht zugestellt werden (550 5.1.1). Wisst ihr mehr?\n",
    ),
    Mail(
        "a colleague in Chinese",
        PERSON + "Subject: 退信",
        "您好，我发给 bob@example.com 的邮件被退回，无法送达。\n",
    ),
    Mail(
        "a colleague in Russian",
        PERSON + "Subject: Письмо не доставлено",
        "Добрый день, моё письмо на bob@example.com не доставлено. Что делать?\n",
    ),
    Mail(
        "a provider's news",
        "From: Postmaster <postmaster@provider.example>\nTo: us@example.net\nSubject: Delivery problems solved",
        "Yesterday mails to provider.example were delayed or could not be delivered. This is solved.\n",
    ),
    Mail(
        "a fax is delivered",
        "From: Fax <fax@example.net>\nTo: us@example.net\nSubject: Fax delivery failed",
        "No answer at 555 0100.\n",
    ),
    Mail(
        "a text message fails",
        "From: SMS Gateway <sms-gateway@example.net>\nTo: us@example.net\nSubject: Message delivery failed",
        "Your text message to 555 0100 could not be delivered.\n",
    ),
    Mail(
        "a calendar alarm",
        "From: calendar@example.net\nTo: us@example.net\nSubject: Reminder: returned mail day",
        "At ten.\n",
    ),
    Mail(
        "a warning to the recipient of a virus",
        "Return-Path: <>\nFrom: Postmaster <postmaster@example.com>\nTo: bob@example.com\nSubject: Virus found in a mail to you",
        "A message from us@example.net to bob@example.com contained a virus and was not delivered to you.\n",
    ),
    Mail(
        "a warning to the administrator",
        "From: Content Filter <postmaster@example.com>\nTo: postmaster@example.com\nSubject: VIRUS (Eicar) from <us@example.net>",
        "A virus was found. The message WAS NOT delivered to:\n<bob@example.com>:\n   250 2.7.0 discarded\n",
    ),
    Mail(
        "a spam digest of the null sender",
        "Return-Path: <>\nFrom: Spam Firewall <postmaster@example.com>\nTo: bob@example.com\nSubject: Quarantine summary",
        "Messages to bob@example.com that were blocked:\n\nann@example.org  offer  12:00  deliver | whitelist | delete\n",
    ),
    Mail(
        "a list confirms",
        "Return-Path: <>\nFrom: list-bounces@example.org\nTo: us@example.net\nSubject: confirm 4711\nPrecedence: bulk",
        "Someone asked to subscribe us@example.net to the list list@example.org. Reply to confirm.\n",
    ),
    Mail(
        "a meeting is answered by the null sender",
        "Return-Path: <>\nFrom: room5@example.com\nTo: us@example.net\nSubject: Declined: delivery meeting",
        "The room could not be booked: it is in use at that time. Contact ann@example.com.\n",
    ),
    Mail(
        "the absence of a person with a reason",
        "Return-Path: <>\nFrom: Bob <bob@example.com>\nTo: us@example.net\nSubject: Out of office\nAuto-Submitted: auto-replied",
        "I can not be reached. Your mail has not been forwarded.\n\nIn urgent cases:\n  ann@example.com\n  jo@example.com\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "an address that has changed",
        "Return-Path: <>\nFrom: Bob <bob@example.com>\nTo: us@example.net\nSubject: New address\nAuto-Submitted: auto-replied",
        "My address bob@example.com will be closed. The new one is bob@example.org.\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "an administrator explains a bounce",
        "From: Postmaster <postmaster@example.org>\nTo: us@example.net\nSubject: Your question\nUser-Agent: Roundcube Webmail",
        "Hello,\n\nthe remote server said: 550 5.1.1 user unknown for the following recipient: bob@example.com.\n\nRegards\n",
    ),
    Mail(
        "a postmaster's survey",
        "From: Postmaster <postmaster@example.org>\nTo: us@example.net\nSubject: Please help us",
        "We had problems to deliver mail to some users last week. Did you get all your mail? Write to ann@example.org.\n",
    ),
    Mail(
        "a delivery by truck",
        "From: Logistics Delivery <delivery@logistics.example>\nTo: us@example.net\nSubject: Delivery notification",
        "Your delivery 4711 could not be delivered to the following address:\n\nMain Street 5\nContact: bob@example.com\n",
    ),
    Mail(
        "a mail server's own news",
        "From: Mail Server <root@mx.example.net>\nTo: us@example.net\nSubject: Disk almost full on mx",
        "/var/mail is 95 % full. Mails can not be delivered when it is full.\n",
    ),
    Mail(
        "an invoice by an errors address",
        "From: Billing <errors@shop.example>\nTo: us@example.net\nSubject: Returned goods",
        "The goods were returned to sender. We refund bob@example.com.\n",
    ),
    Mail(
        "addresses have changed",
        "From: IT Service <postmaster@example.org>\nTo: us@example.net\nSubject: New mail addresses",
        "The following addresses have changed. Mail to the old ones can not be delivered any more:\n\n"
        "bob@example.com\nann@example.com\n",
    ),
    Mail(
        "people have left",
        "From: Mail Administrator <admin@example.org>\nTo: us@example.net\nSubject: Changes in our team",
        "The following persons have left; messages to them are not delivered:\n\nbob@example.com\nann@example.com\n",
    ),
    Mail(
        "a mail server is moved",
        "From: Mail Server Team <mta@example.org>\nTo: us@example.net\nSubject: Maintenance",
        "On Sunday mails to the following domains will be delayed:\n\nexample.com\nexample.org (bob@example.org)\n",
    ),
    Mail("nothing at all", "Return-Path: <>\nFrom: bob@example.com\nTo: us@example.net", ""),
)


@pytest.mark.parametrize("mail", [*ORDINARY, *MACHINES, *LETTERS], ids=lambda mail: mail.name)
def test_it_is_no_receipt(mail: Mail) -> None:
    assert classify(mail.raw) is mail.kind


@pytest.mark.parametrize("mail", [*ORDINARY, *MACHINES, *LETTERS], ids=lambda mail: mail.name)
def test_it_is_no_receipt_with_crlf(mail: Mail) -> None:
    assert classify(mail.raw.replace(b"\n", b"\r\n")) is mail.kind
