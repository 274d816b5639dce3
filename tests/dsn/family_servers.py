"""Notices in the manner of mail servers: what each is known by is its form, the mails are made up."""

from email_processor.inbound.dsn import Action

from .families import DAEMON, POSTMASTER, Case

SERVERS = (
    Case(
        "smail",
        DAEMON + "Subject: mail failed, returning to sender",
        """\
|------------------------- Message log follows: -------------------------|
 no valid recipients were found for this message
|------------------------- Failed addresses follow: ---------------------|
 <bob@example.com> ... unknown host
|------------------------- Message text follows: ------------------------|
""",
        "host_unknown",
    ),
    Case(
        "mmdf",
        "From: Memo Service <mmdf@example.org>\nSubject: Failed mail  (msg.aa12345)",
        """\
    Your message could not be delivered to
'bob@example.com (host: example.com) (queue: smtp)' for the following
reason:  ' <bob@example.com>... User unknown'

    Your message follows:
""",
        "user_unknown",
    ),
    Case(
        "communigate",
        "From: MAILER-DAEMON@example.org\nSubject: Undeliverable mail: offer",
        """\
Failed to deliver to '<bob@example.com>'
SMTP module(domain example.com) reports:
 host mx.example.com says:
 550 5.7.1 Mail from your host is blocked, see the block list

Original-recipient: rfc822;bob@example.com
""",
        "blocked",
        "5.7.1",
    ),
    Case(
        "xmail",
        "From: postmaster@example.org\nSubject: Error sending message [1163763.example] from [example.org]",
        """\
[<00>] XMail bounce: Rcpt=[bob@example.com];Error=[550 5.1.1 unknown user]


[<01>] Error sending message [1163763.example] from [example.org].

ID:        <S1163763>
Mail From: <us@example.net>
Rcpt To:   <bob@example.com>
Server:    <mx.example.com> [192.0.2.1]

[<02>] The reason of the delivery failure was:

550 5.1.1 unknown user

[<05>] Here is listed the initial part of the message:
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "mercury",
        "From: Electronic Postmaster <postmaster@example.org>\nSubject: Postmaster notify: see transcript for details",
        """\
The attached message could not be delivered to one or more
addresses. This is a permanent error:

   bob@example.com: 553 5.3.0 mail loops back to myself

""",
        "network",
        "5.3.0",
    ),
    Case(
        "hmailserver",
        "Return-Path: <>\nFrom: mailer-daemon@example.org\nSubject: Message undeliverable: offer",
        """\
Your message did not reach some or all of the intended recipients.

   Sent: Sun, 22 Nov 2026 10:00:00 +0000
   Subject: offer

The following recipient(s) could not be reached:

bob@example.com
   Error Type: SMTP
   Remote server (192.0.2.1) issued an error.
   hMailServer sent: RCPT TO:<bob@example.com>
   Remote server replied: 452 4.2.2 The email account that you tried to reach is over quota.

hMailServer
""",
        "mailbox_full",
        "4.2.2",
    ),
    Case(
        "mailenable",
        "From: postmaster@example.org\nSubject: Message Delivery Failure",
        """\
MailEnable: Message Delivery Failure.

The following recipient(s) could not be reached:

\tRecipient: [SMTP:bob@example.com]
\tReason: Remote SMTP Server Returned: 550 5.1.1 no such mailbox


Message headers follow:
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "kerio",
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <postmaster@example.org>\nSubject: Undeliverable: offer",
        """\
Your message could not be delivered to some of its recipients:

bob@example.com:
  Remote host mx.example.com [192.0.2.1] rejected the recipient:
  554 5.7.1 Relay access denied

""",
        "relaying_denied",
        "5.7.1",
    ),
    Case(
        "merak",
        "Return-Path: <>\nFrom: MAILER-DAEMON@example.org\nSubject: Delivery problem",
        """\
   ----- The following addresses had permanent delivery errors -----
<bob@example.com>
   ----- Transcript of session follows -----
<bob@example.com> SMTP error: 552 5.2.2 <bob@example.com> Mailbox full
   ----- Message header follows -----
""",
        "mailbox_full",
        "5.2.2",
    ),
    Case(
        "mdaemon, with a transcript",
        "From: MDaemon@example.org\nSubject: Permanent Delivery Failure",
        """\
The attached message had PERMANENT fatal delivery errors.

After one or more unsuccessful delivery attempts the attached message has
been removed from the mail queue on this server.

RCPT TO  : bob@example.com
Reason   : 5.1.1 User unknown

--- Session Transcript ---
 Sun 2026-11-22 10:00:00: --> RCPT To:<bob@example.com>
 Sun 2026-11-22 10:00:00: <-- 550 5.1.1 <bob@example.com>... User unknown
--- End Transcript ---
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "mdaemon of old",
        "From: MAILER-DAEMON@example.org\nSubject: MDaemon Warning - Delivery failed",
        """\
The following addresses did NOT receive a copy of your message:

> bob@example.com

--- Session Transcript ---
 Sun 2026-11-22 10:00:00: <-- 550 <bob@example.com>, Recipient unknown
--- End Transcript ---
""",
        "user_unknown",
    ),
    Case(
        "vpop3",
        "From: postmaster@example.org\nSubject: Delivery Status Notification (Failure)",
        """\
The following message could not be delivered to these recipients:

   To: bob@example.com
   Error: 550 5.1.1 User unknown

""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "surgemail",
        'From: "Mail Delivery System" <postmaster@example.org>\nSubject: Failed mail',
        """\
Your message could not be delivered to the following addresses
<bob@example.com>, 550 5.2.1 Account disabled

Further information follows
""",
        "suspended",
        "5.2.1",
    ),
    Case(
        "post.office",
        "From: Post.Office MTA <Postmaster@example.org>\nSubject: Mail Delivery Error",
        """\
This Message was undeliverable due to the following reason:

The user(s) account is temporarily over quota.

<bob@example.com>

Please reply to <Postmaster@example.org>
if you feel this message to be in error.
""",
        "mailbox_full",
    ),
    Case(
        "intermail",
        "From: Mail Administrator <Postmaster@example.org>\nSubject: Mail System Error - Returned Mail",
        """\
This Message was undeliverable due to the following reason:

Your message was not delivered because the destination computer was
not reachable within the allowed queue period. The amount of time
a message is queued before it is returned depends on local configura-
tion parameters.

Most likely there is a network problem that prevented delivery, but
it is also possible that the computer is turned off, or does not
have a mail system running right now.

Your message was not delivered within 3 days.
Host example.com is not responding.

The following recipients did not receive your message:

     <bob@example.com>

Please reply to Postmaster@example.org
if you feel this message to be in error.
""",
        "expired",
    ),
    Case(
        "pmdf",
        "From: PMDF e-Mail Interconnect <postmaster@example.org>\nSubject: Delivery Notification: Delivery has failed",
        """\
This report relates to a message you sent with the following header fields:

  Message-id: <offer-1@example.net>
  Date: Sun, 22 Nov 2026 10:00:00 +0000
  From: Us <us@example.net>
  To: bob@example.com

Your message cannot be delivered to the following recipients:

  Recipient address: bob@example.com
  Reason: Illegal host/domain name found
""",
        "host_unknown",
    ),
    Case(
        "sun messaging server gives up",
        "From: Internet Mail Delivery <postmaster@example.org>\n"
        "Subject: Delivery Notification: Delivery has timed out and failed",
        """\
This report relates to a message you sent with the following header fields:

  From: Us <us@example.net>
  Subject: offer

Your message is being returned; it has been enqueued and undeliverable for
1 week to the following recipients:

  Recipient address: bob@example.com
  Reason: unable to deliver this message after 1 week
""",
        "expired",
    ),
    Case(
        "domino, with its number",
        "From: Postmaster@example.org\nSubject: DELIVERY FAILURE: 550 5.1.1 <bob@example.com>... User unknown",
        """\
Your message

  Subject: offer

was not delivered to:

  bob@example.com

because:

  550 5.1.1 <bob@example.com>... User unknown
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "cc:mail",
        "From: postmaster@example.org\nSubject: Undeliverable Message",
        """\
To:            bob@example.com
Cc:
Subject:       offer

Message not delivered to recipients below.  Press F1 for help with VNM
error codes.

\tVNM3043:  bob@example.com

VNM3043 -- MAILBOX IS FULL
""",
        "mailbox_full",
    ),
    Case(
        "ms mail",
        "From: Microsoft Mail Postmaster <postmaster@example.org>\nSubject: Undeliverable Mail",
        """\
[002] Mail was received that was addressed to unknown addresses.
Mail was not delivered to:
    bob@example.com

===========================================================================
""",
        "user_unknown",
    ),
    Case(
        "microsoft smtpsvc",
        "From: postmaster@example.org\nSubject: Delivery Status Notification (Failure)",
        """\
This is an automatically generated Delivery Status Notification.

Delivery to the following recipients failed.

       bob@example.com

""",
        "undefined",
    ),
    Case(
        "exchange 5.5",
        "From: System Administrator <postmaster@example.org>\nSubject: Undeliverable: offer",
        """\
Your message

  To:      Bob Smith
  Subject: offer
  Sent:    Sun, 22 Nov 2026 10:00:00 -0000

did not reach the following recipient(s):

Bob Smith on Sun, 22 Nov 2026 10:00:02 -0000
    Unable to deliver the message due to a communications failure
    The MTS-ID of the original message is: c=us;a= ;p=Example;l=EX1
    MSEXCH:IMS:Example:SITE:EX1 3499 (000B09B6) 550 5.1.1 <bob@example.com>... User unknown

""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "exchange 2003",
        "Return-Path: <>\nFrom: System Administrator <postmaster@example.org>\nSubject: Undeliverable: offer",
        """\
Your message did not reach some or all of the intended recipients.

      Subject:\toffer
      Sent:\t11/22/2026 10:00 AM

The following recipient(s) could not be reached:

      bob@example.com on 11/22/2026 10:00 AM
            There was a SMTP communication problem with the recipient's email server.  Please
contact your system administrator.
            <mx.example.org #5.5.0 smtp;550 5.1.1 User unknown>
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "exchange 2007",
        "Return-Path: <>\nFrom: Microsoft Exchange <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.org>\n"
        "Subject: Undeliverable: offer",
        """\
Delivery has failed to these recipients or distribution lists:

bob@example.com
The recipient's mailbox is full and can't accept messages now. Microsoft Exchange will not try to
redeliver this message for you.

Diagnostic information for administrators:

Generating server: mx.example.org

bob@example.com
#550 5.2.2 STOREDRV.Deliver; mailbox full ##

Original message headers:
""",
        "mailbox_full",
        "5.2.2",
    ),
    Case(
        "exchange is still trying",
        "Return-Path: <>\nFrom: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.org>\n"
        "Subject: Delivery delayed: offer",
        """\
Delivery is delayed to these recipients or groups:

bob@example.com<mailto:bob@example.com>

Subject: offer

This message hasn't been delivered yet. Delivery will continue to be attempted.

The server will keep trying to deliver this message for the next 1 days, 19 hours and 54 minutes.
You'll be notified if the message can't be delivered by that time.
""",
        "expired",
        "4.0.0",
        Action.DELAYED,
    ),
    Case(
        "groupwise, in a table",
        "From: Mailer-Daemon@example.org\nSubject: Message status - undeliverable\nContent-Type: text/html",
        "<html><body><p>The message that you sent was undeliverable to the following:</p>"
        "<table><tr><td>bob@example.com</td><td>(user not found)</td></tr></table></body></html>",
        "user_unknown",
    ),
    Case(
        "zimbra",
        DAEMON + "Subject: Undelivered Mail Returned to Sender",
        """\
This is the mail system at host mail.example.org.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<bob@example.com>: delivery temporarily suspended: connect to
    mx.example.com[192.0.2.1]:25: Connection timed out
""",
        "expired",
    ),
    Case(
        "postfix to lmtp",
        DAEMON + "Subject: Undelivered Mail Returned to Sender",
        """\
This is the Postfix program at host mx.example.org.

<bob@example.com>: host localhost[127.0.0.1] said: 550-Mailbox unknown.  Either
    there is no mailbox associated with this 550-name or you do not have
    authorization to see it. 550 5.1.1 User unknown (in reply to RCPT TO
    command)

<ann@example.com>: unknown user: "ann"
""",
        "user_unknown",
        "5.1.1",
        addresses=("bob@example.com", "ann@example.com"),
    ),
    Case(
        "sendmail of old, deferred",
        "From: MAILER-DAEMON@example.org (Mail Delivery Subsystem)\n"
        "Subject: Returned mail: Cannot send message for 3 days",
        """\
The original message was received at Sun, 22 Nov 2026 10:00:00 GMT
from root@localhost

   ----- The following addresses had delivery problems -----
<bob@example.com>  (unrecoverable error)

   ----- Transcript of session follows -----
<bob@example.com>... Deferred: Connection timed out with mx.example.com.
Message could not be delivered for 3 days
Message will be deleted from queue

   ----- Original message follows -----
""",
        "expired",
    ),
    Case(
        "sendmail warns",
        "From: MAILER-DAEMON@example.org (Mail Delivery Subsystem)\n"
        "Subject: Warning: could not send message for past 4 hours",
        """\
    **********************************************
    **      THIS IS A WARNING MESSAGE ONLY      **
    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **
    **********************************************

   ----- Transcript of session follows -----
<bob@example.com>... Deferred: Connection refused by mx.example.com.
Warning: message still undelivered after 4 hours
Will keep trying until message is 5 days old
""",
        "expired",
        "4.0.0",
        Action.DELAYED,
    ),
    Case(
        "sendmail of the eighties",
        "From: MAILER-DAEMON@example.org (Mail Delivery Subsystem)\nSubject: Returned mail: Host unknown",
        """\
   ----- Transcript of session follows -----
550 example.com (tcp)... 550 Host unknown
554 <bob@example.com>... 550 Host unknown (Authoritative answer from name server)

   ----- Unsent message follows -----
""",
        "host_unknown",
    ),
    Case(
        "ezmlm's server",
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nSubject: failure notice",
        """\
Hi. This is the qmail-send program at mx.example.org.
I tried to deliver a bounce message to this address, but the bounce bounced!

<bob@example.com>:
Sorry, I couldn't find any host named example.com. (#5.1.2)

--- Below this line is the original bounce:
""",
        "host_unknown",
        "5.1.2",
    ),
    Case(
        "qmail has waited too long",
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nSubject: failure notice",
        """\
Hi. This is the qmail-send program at mx.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.

<bob@example.com>:
Connected to 192.0.2.1 but greeting failed.
Remote host said: 421 too many sessions from this address
I'm not going to try again; this message has been in the queue too long.

--- Below this line is a copy of the message.
""",
        "too_many_conn",
        "4.0.0",
    ),
    Case(
        "indimail",
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nSubject: failure notice",
        """\
Hi. This is the IndiMail MTA program at mx.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.

<bob@example.com>:
Recipient's Mailbox is full, message returned to sender. (#5.2.2)

--- Below this line is a copy of the mail.
""",
        "mailbox_full",
        "5.2.2",
    ),
    Case(
        "courier gives up",
        'Return-Path: <>\nFrom: "Courier mail server at mx.example.org" <@>\nSubject: NOTICE: mail delivery status.',
        """\
This is a delivery status notification from mx.example.org,
running the Courier mail server, version 1.0.

The original message was received on Sun, 22 Nov 2026 10:00:00 +0000
from us@example.net

                    UNDELIVERABLE MAIL

Your message to the following recipients cannot be delivered:

<bob@example.com>:
     DNS lookup failure: example.com. Try again later.
""",
        "network",
    ),
    Case(
        "haraka",
        "From: MAILER-DAEMON@mx.example.org\nSubject: failed mail delivery",
        """\
Hello,

This is the Haraka mail program at mx.example.org.

I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out. Below
you might find some details about that.

Intended Recipients: <bob@example.com>
Failure Reason: 550 5.7.26 This mail is unauthenticated

""",
        "authentication",
        "5.7.26",
    ),
    Case(
        "stalwart",
        'From: "Mail Delivery Subsystem" <MAILER-DAEMON@mx.example.org>\nSubject: Failed to deliver message',
        """\
Your message could not be delivered to the following recipients:

<bob@example.com> (host 'mx.example.com' rejected command 'RCPT TO:<bob@example.com>' with code 550
(5.1.2) 'Mailbox does not exist.')

""",
        "user_unknown",
        "5.1.2",
    ),
    Case(
        "exim, several at once",
        "X-Failed-Recipients: bob@example.com,\n  ann@example.com\n"
        + DAEMON
        + "Subject: Mail delivery failed: returning message to sender",
        """\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob@example.com
    retry timeout exceeded
  ann@example.com
    SMTP error from remote mail server after end of data:
    host mx.example.com [192.0.2.1]: 552 5.3.4 message too big

""",
        "expired",
        addresses=("bob@example.com", "ann@example.com"),
    ),
    Case(
        "exim to a pipe",
        "X-Failed-Recipients: bob@example.com\n"
        + DAEMON
        + "Subject: Mail delivery failed: returning message to sender",
        """\
A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  pipe to |/usr/bin/sorter
    generated by bob@example.com
    local delivery failed

""",
        "mailer_error",
    ),
    Case(
        "exim in short",
        DAEMON + "Subject: Mail delivery failed",
        """\
A message that you sent could not be delivered. The following address(es) failed:

  bob@example.com: Unrouteable address

------ This is a copy of your message, including all the headers. ------
""",
        "user_unknown",
    ),
    Case(
        "vmailer",
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org (Mail Delivery System)\n"
        "Subject: Undelivered Mail Returned to Sender",
        """\
This is the VMailer program at host mx.example.org.

I'm sorry to have to inform you that the message returned
below could not be delivered to one or more destinations.

<bob@example.com>: unknown user: "bob"
""",
        "user_unknown",
    ),
    Case(
        "lsmtp",
        "From: LSMTP for Windows NT <postmaster@example.org>\nSubject: Undelivered mail",
        """\
The enclosed message could not be delivered to the following recipients:

  <bob@example.com>
     550 5.1.1 no such account

""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "openwave",
        "From: Mail Delivery Service <postmaster@example.org>\nSubject: Delivery Status Notification (Failure)",
        """\
This is an automatically generated notice.

One or more of the following recipient(s) cannot be located:

<bob@example.com>

Your mail is returned below.
""",
        "user_unknown",
    ),
    Case(
        "powermta without its parts",
        "From: mailer-daemon@mx.example.org\nSubject: Delivery report",
        """\
Hello, this is the mail server on mx.example.org.

I am sending you this message to inform you on the delivery status of a
message you previously sent.  Immediately below you will find a list of
the affected recipients;  also attached is a Delivery Status Notification
(DSN) report in standard format.

  <bob@example.com>
    delivery failed; will not continue trying

""",
        "undefined",
    ),
    Case(
        "netmail",
        POSTMASTER + "Subject: Returned mail",
        """\
Undeliverable Address: bob@example.com
Reason: The mailbox is over its quota

Original message attached.
""",
        "mailbox_full",
    ),
    Case(
        "usa.net",
        POSTMASTER + "Subject: Undelivered message",
        """\
Intended recipient:  bob@example.com
Failure reason: 550 no such user

--------RETURNED MAIL FOLLOWS--------
""",
        "user_unknown",
    ),
    Case(
        "we had trouble",
        "From: Mail Delivery <postmaster@example.org>\nSubject: There was an error sending your mail",
        """\
We had trouble delivering your message. Full details follow:

Subject: 'offer'
Date: 'Sun, 22 Nov 2026 10:00:00 +0000'

1 error(s):

SMTP Server <mx.example.com> rejected recipient <bob@example.com>
  (Error following RCPT command). It responded as follows: [550 5.1.1 User unknown]
""",
        "user_unknown",
        "5.1.1",
    ),
)
