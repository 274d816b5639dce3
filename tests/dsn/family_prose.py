"""Notices that follow no known product: tables, sentences, subjects, blocks; the mails are made up."""

from email_processor.inbound.dsn import Action

from .families import DAEMON, POSTMASTER, Case

BOTH = ("bob@example.com", "ann@example.com")
ROBOT = "Return-Path: <>\nFrom: Mail Robot <noreply@example.org>\nTo: us@example.net\n"

PROSE = (
    Case(
        "a table",
        POSTMASTER + "Subject: Delivery failure",
        """\
Your message was not delivered to all recipients.

Recipient              Status
bob@example.com        550 5.1.1 user unknown
ann@example.com        552 5.2.2 mailbox full
""",
        "user_unknown",
        "5.1.1",
        addresses=BOTH,
    ),
    Case(
        "a table with bars",
        POSTMASTER + "Subject: Undeliverable mail",
        """\
Your message could not be delivered.

| bob@example.com | 550 5.1.1 user unknown |
| ann@example.com | 552 5.2.2 mailbox full |
""",
        "user_unknown",
        "5.1.1",
        addresses=BOTH,
    ),
    Case(
        "semicolons",
        POSTMASTER + "Subject: Delivery report",
        """\
- These recipients of your message have been processed by the mail server:
bob@example.com; Failed; 5.2.2 (mailbox full)
""",
        "mailbox_full",
        "5.2.2",
    ),
    Case(
        "blocks",
        POSTMASTER + "Subject: Delivery failure",
        """\
Some recipients could not be reached.

Recipient: bob@example.com
Reason: 550 5.1.1 no such user

Recipient: ann@example.com
Reason: 552 5.2.2 mailbox is full
""",
        "user_unknown",
        "5.1.1",
        addresses=BOTH,
    ),
    Case(
        "several in one sentence",
        DAEMON + "Subject: Undeliverable mail",
        "Your message could not be delivered to bob@example.com, ann@example.com: no such user.\n",
        "user_unknown",
        addresses=BOTH,
    ),
    Case(
        "several in one line",
        DAEMON + "Subject: Undeliverable mail",
        """\
Your message could not be delivered to the following recipients:

bob@example.com, ann@example.com

Reason: the mailbox is full
""",
        "mailbox_full",
        addresses=BOTH,
    ),
    Case(
        "your message to",
        ROBOT + "Subject: Undeliverable: offer",
        """\
Your message to bob@example.com couldn't be delivered.

bob wasn't found at example.com.
""",
        "user_unknown",
    ),
    Case(
        "the mail for",
        DAEMON + "Subject: failure",
        "The mail for user <bob@example.com> could not be delivered. The account is disabled.\n",
        "suspended",
    ),
    Case(
        "an address and its reason apart",
        DAEMON + "Subject: Returned mail",
        """\
The following address had a problem:

<bob@example.com>

Mailbox does not exist
""",
        "user_unknown",
    ),
    Case(
        "an answer with the address in it",
        DAEMON + "Subject: Returned mail",
        "While sending your mail the server answered:\n\n550 <bob@example.com> unknown user account\n",
        "user_unknown",
    ),
    Case(
        "a user who is unknown",
        DAEMON + "Subject: Delivery error",
        "Error: user <bob@example.com> is not known at this site. Message rejected.\n",
        "user_unknown",
    ),
    Case(
        "an address in the subject alone",
        DAEMON + "Subject: Undeliverable mail to bob@example.com",
        "Your message could not be delivered. The recipient's mailbox is full.\n",
        "mailbox_full",
    ),
    Case(
        "failed recipient",
        POSTMASTER + "Subject: Delivery Failure",
        "Failed Recipient: bob@example.com\nReason: Remote host said: 550 5.1.1 User unknown\n",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "could not be contacted",
        POSTMASTER + "Subject: Mail delivery problem",
        """\
Your message could not be delivered to <bob@example.com> because the mail
server of example.com could not be contacted within 5 days.
""",
        "expired",
    ),
    Case(
        "it will be tried again",
        POSTMASTER + "Subject: Delivery is delayed",
        """\
Your message to bob@example.com has not been delivered yet.
The server will keep trying for 2 more days; you need not send it again.
""",
        "expired",
        "4.0.0",
        Action.DELAYED,
    ),
    Case(
        "a name beside the address",
        POSTMASTER + "Subject: Undeliverable",
        """\
The following recipients could not be reached:

  Smith, Bob <bob@example.com>: 550 5.1.1 unknown
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "a mailto beside the name",
        POSTMASTER + "Subject: Undeliverable",
        """\
Delivery has failed to these recipients:

"Smith, Bob" [mailto:bob@example.com]
   550 5.2.2 mailbox full
""",
        "mailbox_full",
        "5.2.2",
    ),
    Case(
        "iso-2022-jp",
        POSTMASTER + "Subject: Undelivered Mail\nContent-Type: text/plain; charset=iso-2022-jp",
        "\x1b$B$*5RMM$N%a!<%k$rG[?.$G$-$^$;$s$G$7$?!#\x1b(B\n\nbob@example.com: 550 5.1.1 user unknown\n",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "an international address",
        DAEMON + "Subject: Undelivered Mail\nContent-Type: text/plain; charset=utf-8",
        "Your message could not be delivered:\n\n<борис@почта.example>: 550 5.1.1 user unknown\n",
        "user_unknown",
        "5.1.1",
        addresses=("борис@почта.example",),
    ),
    Case(
        "a quoted local part",
        DAEMON + "Subject: Undelivered Mail",
        'Your message could not be delivered:\n\n<"bob.smith,jr"@example.com>: 550 5.1.1 user unknown\n',
        "user_unknown",
        "5.1.1",
        addresses=('"bob.smith,jr"@example.com',),
    ),
    Case(
        "help is offered below",
        DAEMON + "Subject: Undelivered Mail",
        """\
We could not deliver your message to this recipient:

bob@example.com: 550 5.1.1 user unknown

For help contact helpdesk@example.org or write to postmaster@example.org.
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "the mail was about a delay",
        DAEMON + "Subject: Undeliverable: your flight is delayed, warning",
        """\
Your message

  Subject: your flight is delayed, warning

could not be delivered to:

bob@example.com: 550 5.1.1 user unknown
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "the mail was about a full mailbox",
        DAEMON + "Subject: Undeliverable: your mailbox is full of spam",
        """\
Your message could not be delivered to:

bob@example.com: it did not work
""",
        "undefined",
    ),
    Case(
        "the sender stands first",
        DAEMON + "Subject: Undelivered Mail",
        """\
Message from: us@example.net
Message to: bob@example.com
Result: rejected, 554 5.7.1 spam detected
""",
        "spam",
        "5.7.1",
    ),
    Case(
        "not known here",
        POSTMASTER + "Subject: Recipient error",
        "Recipient bob@example.com is not known here.\nPlease check the spelling.\n",
        "user_unknown",
    ),
    Case(
        "a status line by line",
        "Return-Path: <>\nFrom: system@example.com\nSubject: Mail status: FAILED",
        "status: failed\nrecipient: bob@example.com\nresponse: 554 5.7.1 blocked using rbl.example.org\n",
        "blocked",
        "5.7.1",
    ),
    Case(
        "left the company",
        DAEMON + "Subject: mail to bob@example.com",
        "Sorry, no delivery possible: bob@example.com has left the company.\n",
        "user_unknown",
    ),
    Case(
        "tried for days",
        "Return-Path: <>\nFrom: Mail Delivery Service <mds@example.com>\nSubject: Message could not be sent",
        "We tried for 5 days to reach the mail server of bob@example.com, without success. We have given up.\n",
        "expired",
    ),
    Case(
        "what he could not receive",
        "Return-Path: <>\nFrom: mailer@example.com\nSubject: Delivery unsuccessful",
        "Dear sender,\n\nbob@example.com could not receive your message because his inbox is full.\n",
        "mailbox_full",
    ),
    Case(
        "not delivered",
        "From: Postmaster <postmaster@example.org>\nTo: us@example.net\nSubject: Undelivered Mail",
        "Message to bob@example.com not delivered: No such account.\n",
        "user_unknown",
    ),
    Case(
        "a name that hides the address",
        DAEMON + "Subject: Undeliverable: offer\nContent-Type: text/html; charset=utf-8",
        '<html><body><p>Delivery has failed to these recipients:</p><p><a href="mailto:bob@example.com">Bob</a><br>'
        "The address was not found.</p></body></html>",
        "user_unknown",
    ),
)
