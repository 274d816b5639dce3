"""Notices of the best known families; the mails are made up."""

from email_processor.inbound.dsn import Action

from .families import DAEMON, Case

CLASSICS = (
    Case(
        "exim",
        "X-Failed-Recipients: bob@example.com\n"
        + DAEMON
        + "Subject: Mail delivery failed: returning message to sender",
        """\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob@example.com
    host mx.example.com [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<bob@example.com>:
    550 5.2.1 This account is disabled

------ This is a copy of the message, including all the headers. ------
""",
        "suspended",
        "5.2.1",
    ),
    Case(
        "exim warning",
        DAEMON + "Subject: Warning: message 1abc delayed 24 hours",
        """\
This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on mx.example.org.

The address to which the message has not yet been delivered is:

  bob@example.com
    Delay reason: Connection timed out

No action is required on your part. Delivery attempts will continue for
some time.
""",
        "expired",
        "4.0.0",
        Action.DELAYED,
    ),
    Case(
        "exim of somebody's message",
        DAEMON + "Subject: Mail delivery failed",
        """\
A message sent by

  <us@example.net>

could not be delivered to one or more of its recipients. The following
address(es) failed:

  bob@example.com
    (generated from info@example.com)
    Unrouteable address

------ This is a copy of the message, including all the headers. ------
""",
        "user_unknown",
    ),
    Case(
        "qmail",
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nSubject: failure notice",
        """\
Hi. This is the qmail-send program at mx.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<bob@example.com>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 sorry, no mailbox here by that name
Giving up on 192.0.2.1.

--- Below this line is a copy of the message.

""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "qmail, two recipients",
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nSubject: failure notice",
        """\
Hi. This is the qmail-send program at mx.example.org.

<bob@example.com>:
Sorry, no mailbox here by that name. (#5.1.1)

<ann@example.com>:
The users mailfolder is over the allowed quota (size). (#5.2.2)

--- Below this line is a copy of the message.

""",
        "user_unknown",
        "5.1.1",
        addresses=("bob@example.com", "ann@example.com"),
    ),
    Case(
        "postfix, without its status part",
        DAEMON + "Subject: Undelivered Mail Returned to Sender",
        """\
This is the mail system at host mx.example.org.

For further assistance, please send mail to <postmaster@mx.example.org>

                   The mail system

<bob@example.com> (expanded from <info@example.com>): host mx.example.com[192.0.2.1]
    said: 552 5.2.2 Mailbox full (in reply to RCPT TO command)
""",
        "mailbox_full",
        "5.2.2",
    ),
    Case(
        "sendmail",
        "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.org>\nSubject: Returned mail: see transcript for details",
        """\
The original message was received at Sun, 22 Nov 2026 10:00:00 GMT
from a.example.net [192.0.2.9]

   ----- The following addresses had permanent fatal errors -----
<bob@example.com>
    (reason: 550 5.1.2 Host unknown)

   ----- Transcript of session follows -----
550 5.1.2 <bob@example.com>... Host unknown (Name server: example.com: host not found)

   ----- Original message follows -----
""",
        "host_unknown",
        "5.1.2",
    ),
    Case(
        "sendmail, to a program",
        "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.org>\nSubject: Returned mail: see transcript for details",
        """\
   ----- The following addresses had permanent fatal errors -----
"|/usr/local/bin/sort-mail"
    (reason: 75)
    (expanded from: <bob@example.com>)

   ----- Transcript of session follows -----
smrsh: sort-mail: command failed
554 5.3.0 unknown mailer error 75
""",
        "mailer_error",
        "5.3.0",
    ),
    Case(
        "sendmail of old",
        "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.org>\nSubject: Returned mail: User unknown",
        """\
   ----- Transcript of session follows -----
... while talking to mx.example.com.:
>>> RCPT To:<bob@example.com>
<<< 550 5.1.1 <bob@example.com>... User unknown
550 <bob@example.com>... User unknown

   ----- Unsent message follows -----
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "exchange 2000",
        "From: System Administrator <postmaster@mx.example.org>\nSubject: Undeliverable: offer",
        """\
Your message

  To:      bob@example.com
  Subject: offer
  Sent:    Sun, 22 Nov 2026 10:00:00 +0000

did not reach the following recipient(s):

bob@example.com on Sun, 22 Nov 2026 10:00:01 +0000
    The recipient name is not recognized
\tThe MTS-ID of the original message is: c=us;a= ;p=example;l=MX-1
    MSEXCH:IMS:EXAMPLE:SITE:MX 0 (000C05A6) Unknown Recipient
""",
        "user_unknown",
    ),
    Case(
        "exchange online",
        "Return-Path: <>\nFrom: <postmaster@example.org>\nSubject: Undeliverable: offer",
        """\
Delivery has failed to these recipients or groups:

Bob Smith (bob@example.com)<mailto:bob@example.com>
The email address you entered couldn't be found. Please check it and try to resend the message.

Diagnostic information for administrators:

Generating server: mx.example.org

bob@example.com
Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'

Original message headers:

""",
        "user_unknown",
        "5.1.10",
    ),
    Case(
        "domino",
        "From: Postmaster@mx.example.org\nSubject: DELIVERY FAILURE: User bob (bob@example.com) not listed in Domino Directory",
        """\
Your message

  Subject: offer

was not delivered to:

  bob@example.com

because:

  User bob (bob@example.com) not listed in Domino Directory

""",
        "user_unknown",
    ),
    Case(
        "notes",
        "From: Postmaster@mx.example.org\nSubject: Delivery failure report",
        """\
------- Failure Reasons  --------

User not listed in public Name & Address Book
bob@example.com


------- Returned Message --------

""",
        "user_unknown",
    ),
    Case(
        "groupwise",
        "From: Mailer-Daemon@mx.example.org\nSubject: Message status - undeliverable",
        """\
The message that you sent was undeliverable to the following:
\tbob@example.com (mailbox is full)

Possibly truncated original message follows:

""",
        "mailbox_full",
    ),
    Case(
        "gmail of old",
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nX-Failed-Recipients: bob@example.com\n"
        "Subject: Delivery Status Notification (Failure)",
        """\
Delivery to the following recipient failed permanently:

     bob@example.com

Technical details of permanent failure:
Google tried to deliver your message, but it was rejected by the server for the recipient domain example.com by mx.example.com.

The error that the other server returned was:
552 5.3.4 Message size exceeds fixed limit

----- Original message -----

""",
        "too_big",
        "5.3.4",
    ),
    Case(
        "gmail of today, without a list",
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nX-Failed-Recipients: bob@example.com\n"
        "Subject: Delivery Status Notification (Failure)",
        """\
** Address not found **

Your message wasn't delivered to bob because the address couldn't be found, or is unable to receive mail.

The response from the remote server was:
550 5.1.1 The email account that you tried to reach does not exist.
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "yahoo",
        "From: MAILER-DAEMON@yahoo.com\nSubject: Failure Notice",
        """\
Sorry, we were unable to deliver your message to the following address.

<bob@example.com>:
Remote host said: 554 5.7.1 Message rejected as spam [BODY]

--- Below this line is a copy of the message.

""",
        "spam",
        "5.7.1",
    ),
    Case(
        "workmail",
        "Return-Path: <>\nFrom: MAILER-DAEMON@example.org\nSubject: Delivery Status Notification (Failure)",
        """\
An error occurred while trying to deliver the mail to the following recipients:
bob@example.com

Technical report:

Reporting-MTA: dsn; a27.example.org

Action: failed
Final-Recipient: rfc822; bob@example.com
Diagnostic-Code: smtp; 550 5.2.2 Mailbox full
Status: 5.2.2
""",
        "mailbox_full",
        "5.2.2",
    ),
    Case(
        "james",
        "Return-Path: <>\nFrom: postmaster@mx.example.org\nSubject: [BOUNCE]",
        """\
Hi. This is the James mail server at mx.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.  Below
I include the list of recipients and the reason why I was unable to deliver
your message.

Failed recipient(s):
bob@example.com

Error message:
550 - Requested action not taken: no such user here

Message details:
  Subject: offer
  MAIL FROM: us@example.net
  RCPT TO: bob@example.com
""",
        "user_unknown",
    ),
    Case(
        "courier",
        'Return-Path: <>\nFrom: "Courier mail server at mx.example.org" <@>\nSubject: NOTICE: mail delivery status.',
        """\
This is a delivery status notification from mx.example.org,
running the Courier mail server, version 0.65.2.

                           UNDELIVERABLE MAIL

Your message to the following recipients cannot be delivered:

<bob@example.com>:
    mx.example.com [192.0.2.1]:
>>> RCPT TO:<bob@example.com>
<<< 550 5.7.1 Relaying denied
""",
        "relaying_denied",
        "5.7.1",
    ),
    Case(
        "mailmarshal",
        'From: MailMarshal <postmaster@mx.example.org>\nSubject: Undeliverable Mail: "offer"',
        """\
Your message:
   From:    us@example.net
   Subject: offer

Could not be delivered because of

550 5.1.1 User unknown

The following recipients were affected:
    bob@example.com

Additional Information
======================
Original Sender:    <us@example.net>
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "interscan",
        'From: "InterScan MSS" <us@example.net>\nTo: us@example.net\nSubject: Mail could not be delivered',
        """\
 ****** Message from InterScan Messaging Security Suite ******

Sent >>> RCPT TO:<bob@example.com>
Received <<< 550 5.1.1 <bob@example.com>... user unknown

Unable to deliver message to <bob@example.com>

************************     End of message     **********************
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "surfcontrol",
        "From: System Administrator <postmaster@mx.example.org>\nSubject: Message could not be delivered",
        """\
Your message could not be sent.
A transcript of the attempts to send the message follows.
The number of attempts made: 1
Addressed To: bob@example.com

Sun 22 Nov 2026 10:00:00 +0000
Failed to send to identified host,
bob@example.com: [192.0.2.1], 550 bob@example.com... No such user
--- Message non-deliverable.
""",
        "user_unknown",
    ),
    Case(
        "opensmtpd",
        "Return-Path: <>\nFrom: Mailer Daemon <MAILER-DAEMON@mx.example.org>\nSubject: Delivery status notification: error",
        """\
    Hi!

    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.

    An error has occurred while attempting to deliver a message for
    the following list of recipients:

bob@example.com: 550 5.2.2 Mailbox full

    Below is a copy of the original message:

""",
        "mailbox_full",
        "5.2.2",
    ),
    Case(
        "dragonfly",
        "From: MAILER-DAEMON <>\nSubject: Mail delivery failed",
        """\
This is the DragonFly Mail Agent v0.13 at mx.example.org.

There was an error delivering your mail to <bob@example.com>.

mx.example.com [192.0.2.1] did not like our RCPT TO:
550 5.1.1 <bob@example.com>: Recipient address rejected: User unknown

Original message follows.

""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "imail",
        'From: "Postmaster" <postmaster@mx.example.org>\nSubject: Undeliverable Mail\nX-Mailer: <SMTP32 v8.22>',
        "undeliverable to bob@example.com\n\n\nOriginal message follows.\n\n",
        "undefined",
    ),
    Case(
        "mdaemon",
        "From: MDaemon@mx.example.org\nSubject: Warning: bob@example.com - User unknown!",
        "bob@example.com - no such user here.\n\nThere is no user by that name at this server.\n",
        "user_unknown",
    ),
    Case(
        "netscape",
        "From: Mail Administrator <Postmaster@mx.example.org>\nSubject: Mail System Error - Returned Mail",
        """\
This Message was undeliverable due to the following reason:

Each of the following recipients was rejected by a remote mail server.
The reasons given by the server are included to help you determine why
each recipient was rejected.

    Recipient: <bob@example.com>
    Reason:    User mailbox exceeds allowed size

Please reply to Postmaster@mx.example.org
if you feel this message to be in error.
""",
        "mailbox_full",
    ),
    Case(
        "a report in German",
        DAEMON + "Subject: Unzustellbar: Angebot",
        "Ihre Nachricht konnte nicht zugestellt werden:\n\n  bob@example.com\n    550 5.1.1 Benutzer unbekannt\n",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "a list in a frame of prose",
        DAEMON + "Subject: Delivery Notification: Delivery has failed",
        """\
This report relates to a message you sent with the following header fields:

  From: Us <us@example.net>
  To: bob@example.com

Your message cannot be delivered to the following recipients:

  Recipient address: bob@example.com
  Reason: Remote SMTP server has rejected address
  Diagnostic code: smtp;550 5.1.1 unknown or illegal alias: bob@example.com
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "module's report",
        DAEMON + "Subject: Undeliverable mail: offer",
        "Failed to deliver to 'bob@example.com'\nLOCAL module(account bob) reports:\n account is full (quota exceeded)\n",
        "mailbox_full",
    ),
    Case(
        "a daemon that answers",
        DAEMON + "Subject: Re: offer",
        "Your message could not be delivered.\n\n<bob@example.com>: 550 5.2.2 Mailbox full\n",
        "mailbox_full",
        "5.2.2",
    ),
    Case(
        "success in words",
        DAEMON + "Subject: Successful Mail Delivery Report",
        """\
Your message was successfully delivered to the destination(s)
listed below.

<bob@example.com>: delivery via mx.example.com[192.0.2.1]:25: 250 2.0.0 queued
""",
        "delivered",
        "2.0.0",
        Action.DELIVERED,
    ),
)
