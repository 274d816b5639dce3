"""Ordinary mail that comes near to a report: of machines, of lists, of desks, of colleagues; made up for these tests."""

import json
from dataclasses import dataclass

from email_processor.inbound.classifying import Kind

PERSON = "From: Jo <jo@example.org>\nTo: us@example.net\n"
BOUNCE = """\
This is the mail system at host mx.example.org.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

<bob@example.com>: host mx.example.com[192.0.2.7] said: 550 5.1.1
    <bob@example.com>: Recipient address rejected: User unknown
"""
EVENT = json.dumps(
    {
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bouncedRecipients": [{"emailAddress": "bob@example.com", "status": "5.1.1", "action": "failed"}],
        },
        "mail": {"source": "us@example.net", "destination": ["bob@example.com"]},
    },
    indent=2,
)
STATUS = """\
Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; bob@example.com
Action: failed
Status: 5.1.1
"""


@dataclass(frozen=True)
class Mail:
    name: str
    headers: str
    text: str
    kind: Kind = Kind.REGULAR

    @property
    def raw(self) -> bytes:
        return f"{self.headers.rstrip()}\nMIME-Version: 1.0\n\n{self.text}".encode()


def parted(kind: str, *parts: tuple[str, str]) -> tuple[str, str]:
    """A Content-Type header and the body of a multipart with these (headers, text) parts."""
    body = "".join(f"--q\n{head}\n\n{text}\n" for head, text in parts)
    return f"Content-Type: {kind}; boundary=q\n", f"{body}--q--\n"


READ_KIND, READ_TEXT = parted(
    "multipart/report; report-type=disposition-notification",
    (
        "Content-Type: text/plain",
        "Your message to bob@example.com was deleted without being read: it is not delivered.",
    ),
    (
        "Content-Type: message/disposition-notification",
        "Final-Recipient: rfc822; bob@example.com\nDisposition: manual-action/MDN-sent-manually; deleted",
    ),
)
FILE_KIND, FILE_TEXT = parted(
    "multipart/mixed",
    ("Content-Type: text/plain", "Hi, this bounce came in for our invoice, please look."),
    (
        "Content-Type: message/rfc822\nContent-Disposition: attachment; filename=bounce.eml",
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nTo: jo@example.org\nSubject: Undelivered Mail\n\n{BOUNCE}",
    ),
)
OCTETS_KIND, OCTETS_TEXT = parted(
    "multipart/mixed",
    ("Content-Type: text/plain", "See the file."),
    (
        "Content-Type: application/octet-stream; name=bounce.eml\nContent-Disposition: attachment; filename=bounce.eml",
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nTo: jo@example.org\nSubject: Undelivered Mail\n\n{BOUNCE}",
    ),
)
MIXED_KIND, MIXED_TEXT = parted(
    "multipart/digest",
    ("", "From: Ann <ann@example.org>\nSubject: lunch\n\nAt noon?"),
    (
        "",
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nTo: list@example.org\nSubject: Undelivered Mail\n\n{BOUNCE}",
    ),
)
SPEAKING_KIND, SPEAKING_TEXT = parted(
    "multipart/mixed",
    ("Content-Type: text/plain", "Our monitoring found these fields in a report today."),
    ("Content-Type: text/plain; name=fields.txt\nContent-Disposition: attachment", STATUS),
)
HTML_KIND, HTML_TEXT = parted(
    "multipart/alternative",
    ("Content-Type: text/plain", "This mail needs a program that shows HTML."),
    (
        "Content-Type: text/html",
        "<h1>Five reasons why mail bounces</h1><p>1. 550 5.1.1 User unknown: bob@example.com could not be reached</p>",
    ),
)

MACHINES = (
    Mail("an event of Amazon, pasted by a person", PERSON + "Subject: what is this?", EVENT),
    Mail("an event of Amazon, pasted under a word", PERSON + "Subject: bounce", f"Our log has this:\n\n{EVENT}"),
    Mail("an event of Amazon, answered", PERSON + "Subject: Re: bounce\nIn-Reply-To: <1@example.net>", EVENT),
    Mail("an event of Amazon, from a list", PERSON + "List-Id: <dev.example.org>\nSubject: [dev] how to parse", EVENT),
    Mail("an event of Amazon, from a mail program", PERSON + "User-Agent: Mozilla Thunderbird\nSubject: event", EVENT),
    Mail("somebody attaches a bounce", PERSON + "Subject: bounced invoice\n" + FILE_KIND, FILE_TEXT),
    Mail("somebody attaches a bounce as a file", PERSON + "Subject: bounced invoice\n" + OCTETS_KIND, OCTETS_TEXT),
    Mail(
        "a digest with a bounce among letters", "From: list@example.org\nSubject: Digest 12\n" + MIXED_KIND, MIXED_TEXT
    ),
    Mail("a monitor attaches fields", "From: monitor@example.org\nSubject: Report\n" + SPEAKING_KIND, SPEAKING_TEXT),
    Mail("a newsletter in HTML", "From: News <news@example.org>\nSubject: Why mail bounces\n" + HTML_KIND, HTML_TEXT),
    Mail(
        "deleted without being read",
        "From: Bob <bob@example.com>\nTo: us@example.net\nSubject: Not read: offer\n" + READ_KIND,
        READ_TEXT,
        Kind.READ_REPORT,
    ),
    Mail(
        "a challenge from the null sender",
        "Return-Path: <>\nFrom: Bob <bob@example.com>\nTo: us@example.net\nSubject: Please confirm: offer\n"
        "Auto-Submitted: auto-replied",
        "Your message to bob@example.com has not been delivered yet. Confirm that you are human:\nhttps://example.com/c/1\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "a challenge of a gateway",
        "Return-Path: <>\nFrom: Mail Gate <postmaster@example.com>\nTo: us@example.net\nSubject: Verification required",
        "Your message to bob@example.com is being held and was not delivered. Click the link to prove that you are no robot:\n"
        "https://example.com/verify\n",
    ),
    Mail(
        "a list holds a mail",
        "Return-Path: <list-bounces@example.org>\nFrom: list-owner@example.org\nTo: us@example.net\n"
        "Subject: Your message to list@example.org awaits approval\nPrecedence: bulk\nAuto-Submitted: auto-replied",
        "Your message to the list list@example.org was not delivered yet: it is held for the moderator.\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "a list tells its owner of bounces",
        "From: mailman@example.org\nTo: list-owner@example.org\nSubject: Bounce action notification\nPrecedence: bulk",
        "bob@example.com has been disabled: too many messages could not be delivered. The last one said 550 5.1.1.\n",
    ),
    Mail(
        "a list tells who was removed",
        "From: mailman-owner@example.org\nTo: us@example.net\nSubject: 2 members removed from list@example.org",
        "The following members were removed since their mail was returned:\n\nbob@example.com\nann@example.com\n",
    ),
    Mail(
        "a sending service's summary",
        "From: Deliveries <reports@sender.example>\nTo: us@example.net\nSubject: Your weekly bounce report",
        "Last week 4 messages bounced:\n\nbob@example.com  550 5.1.1 user unknown\nann@example.com  552 5.2.2 mailbox full\n",
    ),
    Mail(
        "a sending service warns",
        "From: Sending Service <no-reply@sender.example>\nTo: us@example.net\nSubject: Your bounce rate is too high",
        "Your messages could not be delivered to 7 % of the recipients. The most frequent answer was 550 5.1.1.\n",
    ),
    Mail(
        "the queue of a postmaster",
        "From: postmaster@mx.example.net\nTo: root@mx.example.net\nSubject: mail statistics for 21 November",
        "  3 deferred (connection timed out)\n  2 bounced\n    bob@example.com: 550 5.1.1 User unknown\n",
    ),
    Mail(
        "an alert about the mail queue",
        "From: Prometheus <alerts@example.net>\nTo: us@example.net\nSubject: [FIRING] MailQueueDelayed\n"
        "Auto-Submitted: auto-generated",
        "Summary: 120 messages delayed. Delivery to mx.example.com failed: 421 4.7.0 try again later (bob@example.com)\n",
    ),
    Mail(
        "an alert is over",
        "From: monitoring@example.net\nTo: us@example.net\nSubject: RECOVERY: mail delivery delayed on mx",
        "The delivery of mail to bob@example.com works again. It had failed for 2 hours with 451 4.3.0.\n",
    ),
    Mail(
        "an error tracker",
        "From: errors@tracker.example\nTo: us@example.net\nSubject: SMTPRecipientsRefused: 550 5.1.1 User unknown",
        "File mail.py, line 12, in send\n    raise SMTPRecipientsRefused({'bob@example.com': (550, b'5.1.1 User unknown')})\n",
    ),
    Mail(
        "cron failed to send",
        "From: Cron Daemon <root@example.net>\nTo: root@example.net\nSubject: Cron <root@app> send-invoices",
        "could not send to bob@example.com: 550 5.1.1 User unknown\n3 mails failed\n",
    ),
    Mail(
        "a build failed",
        "From: ci@example.net\nTo: us@example.net\nSubject: Build failed: mail delivery tests\nAuto-Submitted: auto-generated",
        f"FAILED tests/test_bounce.py\n\n{BOUNCE}\n1 failed, 20 passed\n",
    ),
    Mail(
        "a desk answers by a robot",
        "Return-Path: <>\nFrom: Support <support@example.org>\nTo: us@example.net\nAuto-Submitted: auto-replied\n"
        "Subject: We have got your message",
        "Your request about 'mail delivery failed' was taken. Do not reply: this mailbox is not read.\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "a desk quotes the bounce it was sent",
        "Return-Path: <>\nFrom: Support <support@example.org>\nTo: us@example.net\nAuto-Submitted: auto-replied\n"
        "Subject: [#4711] Undelivered Mail Returned to Sender",
        f"Thank you. You wrote:\n\n{BOUNCE}",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "an invoice is rejected by a clerk",
        "From: Accounts <invoices@customer.example>\nTo: us@example.net\nSubject: Invoice 4711 rejected",
        "Your message with invoice 4711 was rejected: the order number is unknown. Contact ann@customer.example.\n",
    ),
    Mail(
        "an invoice robot refuses",
        "Return-Path: <>\nFrom: Invoice Robot <no-reply@customer.example>\nTo: us@example.net\nSubject: Invoice not accepted\n"
        "Auto-Submitted: auto-replied",
        "Your invoice of today could not be processed: no PDF was attached. Contact: ann@customer.example\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "a shipment is returned",
        "From: Shop <service@shop.example>\nTo: us@example.net\nSubject: Returned to sender",
        "Your order was returned to sender: the address is unknown. Please write to service@shop.example.\n",
    ),
    Mail(
        "a shipment is delayed",
        "Return-Path: <>\nFrom: Carrier <delivery@carrier.example>\nTo: us@example.net\nSubject: Delivery delayed",
        "The delivery of your parcel to bob@example.com is delayed. We will try again tomorrow.\n",
    ),
    Mail(
        "a shipment in Dutch",
        "From: Bezorging <no-reply@pakket.example>\nTo: us@example.net\nSubject: Bezorging mislukt",
        "Uw pakket kon niet worden bezorgd. Ontvanger: bob@example.com\n",
    ),
    Mail(
        "a meeting is cancelled",
        "Return-Path: <>\nFrom: Calendar <calendar@example.com>\nTo: us@example.net\nSubject: Canceled: delivery failure review",
        "This meeting was cancelled by ann@example.com.\n",
    ),
    Mail(
        "a vacation with a warning",
        "Return-Path: <>\nFrom: Bob <bob@example.com>\nTo: us@example.net\nSubject: Re: offer\nAuto-Submitted: auto-replied\n"
        "In-Reply-To: <offer-1@example.net>",
        "I am away until Monday. Your message has not been read and will be deleted. Write to ann@example.com instead.\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "a vacation without a header",
        "Return-Path: <>\nFrom: Bob <bob@example.com>\nTo: us@example.net\nSubject: Away",
        "I am away; mail to this address is not forwarded. For help: ann@example.com\n",
    ),
    Mail(
        "a mailbox that nobody reads",
        "Return-Path: <>\nFrom: No Reply <no-reply@example.com>\nTo: us@example.net\nSubject: This mailbox is not monitored\n"
        "Auto-Submitted: auto-replied",
        "Your message to no-reply@example.com will not be read. Please use our form.\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "a new address, by a robot of the company",
        "Return-Path: <>\nFrom: Bob <bob@old.example>\nTo: us@example.net\nSubject: Automatic reply: offer",
        "bob@old.example is closed soon. Your mail was forwarded to bob@new.example; the old address will be rejected in May.\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "a postmaster asks",
        "From: Postmaster <postmaster@example.com>\nTo: us@example.net\nSubject: Your mails to our users",
        "Hello,\n\nsince Monday your server sends to users that do not exist (550 5.1.1). Could you look at it?\n\nPaul\n",
    ),
    Mail(
        "a postmaster answers a question",
        "From: postmaster@example.com\nTo: us@example.net\nSubject: RE: Undelivered Mail\nReferences: <1@example.net>",
        "Your message to bob@example.com was rejected by our filter. I have released it.\n\nPaul\n",
    ),
    Mail(
        "a postmaster's new rule",
        "From: Postmaster <postmaster@example.com>\nTo: all@example.com\nSubject: Large mails will be returned",
        "From Monday messages over 20 MB are returned to sender with 552 5.3.4. Ask ann@example.com if this is a problem.\n",
    ),
    Mail(
        "a quarantine tells the recipient",
        "Return-Path: <>\nFrom: Postmaster <postmaster@example.net>\nTo: us@example.net\nSubject: 1 message was blocked",
        "A message from bob@example.com to you was blocked since its attachment is not allowed. Ask your administrator.\n",
    ),
    Mail(
        "an archive tells of a mail",
        "From: Archive <system@example.net>\nTo: us@example.net\nSubject: Message status: stored\nAuto-Submitted: auto-generated",
        "Your message to bob@example.com was stored in the archive. Nothing was rejected.\n",
    ),
    Mail(
        "a form on a website",
        "From: Website <noreply@shop.example>\nTo: us@example.net\nSubject: Your message was sent",
        "Your message has been delivered to our team. We will answer soon. info@shop.example\n",
    ),
    Mail(
        "a form by a mail system's name",
        "From: Postmaster <postmaster@shop.example>\nTo: us@example.net\nSubject: Thank you for your message",
        "Your message was delivered to our team: sales@shop.example\n",
    ),
    Mail(
        "an account's mailbox is full soon",
        "From: Mail System <postmaster@example.net>\nTo: us@example.net\nSubject: Your mailbox is almost full",
        "The mailbox us@example.net has reached 95 % of its quota. When it is full, messages to you will be returned.\n",
    ),
    Mail(
        "an address is to be confirmed",
        "Return-Path: <>\nFrom: Service <no-reply@service.example>\nTo: us@example.net\nSubject: Confirm your address",
        "Mails to bob@example.com could not be delivered lately. Please confirm or change the address in your account.\n",
    ),
    Mail(
        "a forum tells of an answer",
        "From: Forum <notifications@forum.example>\nTo: us@example.net\nSubject: New reply: Mail delivery failed, what now?",
        f"jo wrote:\n\n{BOUNCE}\nRead more at the forum.\n",
    ),
    Mail(
        "a school asks about bounces",
        PERSON + "Subject: Returned mail: user unknown",
        "Dear all,\n\nwhoever got 'user unknown' for bob@example.com today: the server was moved, please send again.\n\nJo\n",
    ),
    Mail(
        "a phish that looks like a bounce",
        "From: Mail Delivery <support@evil.example>\nTo: us@example.net\nSubject: 3 undelivered mails",
        "You have 3 undelivered mails for us@example.net. Sign in to release them: https://evil.example\n",
    ),
    Mail(
        "a log from a colleague without headers",
        PERSON + "Subject: 550 5.1.1",
        "<bob@example.com>: host mx.example.com[192.0.2.7] said: 550 5.1.1 User unknown\n",
    ),
    Mail(
        "a fax server's report",
        "Return-Path: <>\nFrom: Fax Server <fax@example.net>\nTo: us@example.net\nSubject: Your fax could not be sent",
        "Your fax to 555 0100 could not be sent: the line was busy. Sender: us@example.net\n",
    ),
    Mail(
        "a voicemail",
        "Return-Path: <>\nFrom: Voice Mail <voicemail@example.net>\nTo: us@example.net\nSubject: Voice mail: call failed",
        "A caller could not reach you at 10:00. The message of 12 seconds is attached.\n",
    ),
    Mail(
        "a printer",
        "From: Printer <system@printer.example>\nTo: us@example.net\nSubject: Scan to mail: error sending",
        "The scan could not be sent to bob@example.com: server not found.\n",
    ),
    Mail(
        "an aggregate of DMARC in words",
        "From: DMARC <postmaster@provider.example>\nTo: us@example.net\nSubject: Report of 21 November for example.net",
        "12 messages of example.net were rejected: 550 5.7.26. The first was for bob@example.com.\n",
    ),
    Mail(
        "who has left",
        "Return-Path: <>\nFrom: HR <hr@example.org>\nTo: us@example.net\nSubject: Mail status of leavers",
        "ann@example.com has left the company. Redirect is on.\n",
    ),
)
