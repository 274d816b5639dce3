"""Notices of gateways, hosters and programs that follow no well-known form; the mails are made up."""

from email_processor.inbound.dsn import Action

from .families import DAEMON, POSTMASTER, Case

BOTH = ("bob@example.com", "ann@example.com")
NULL = "Return-Path: <>\nTo: us@example.net\n"

GATEWAYS = (
    Case(
        "a relay that explains itself",
        NULL + "From: Relay <relay@gate.example.org>\nSubject: Message could not be relayed",
        """\
Hello,

this is the outbound relay gate.example.org. We gave up on your message, because
the next server would not take it.

  To ............ bob@example.com
  Server ........ mx1.example.com [192.0.2.7]
  It said ....... 550 5.1.1 mailbox does not exist here
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "key and value",
        NULL + "From: noreply@mailhost.example\nSubject: Your e-mail was not delivered\nAuto-Submitted: auto-generated",
        """\
We were not able to deliver an e-mail you sent.

Recipient address = bob@example.com
Error code = 552
Error message = 5.2.2 The account is over its quota
Attempts = 1
""",
        "mailbox_full",
        "5.2.2",
    ),
    Case(
        "an arrow",
        DAEMON + "Subject: delivery problem",
        "The mail you sent has not been delivered:\n\nbob@example.com => no account by that name on this server\n",
        "user_unknown",
    ),
    Case(
        "numbered failures",
        POSTMASTER + "Subject: 2 of 3 recipients failed",
        """\
Your message reached 1 of its 3 recipients. It could not be delivered to these:

(1) bob@example.com
    Reason: the domain example.com has no mail server
(2) ann@example.com
    Reason: the domain example.com has no mail server
""",
        "host_unknown",
        addresses=BOTH,
    ),
    Case(
        "a letter of an operator",
        "Return-Path: <>\nFrom: Mail Team <postmaster@hoster.example>\nTo: us@example.net\nSubject: Your mail could not be sent",
        """\
Dear customer,

unfortunately we could not hand over the mail that you sent at 10:02 to
bob@example.com. The receiving mail server told us that it does not accept mail
from your network, since its address is on a block list (554 5.7.1 listed at
bl.example).

Kind regards
Your mail team
""",
        "blocked",
        "5.7.1",
    ),
    Case(
        "columns with a head",
        POSTMASTER + "Subject: Non-delivery notice",
        """\
The following message was not delivered to everybody.

Code    Recipient           Explanation
-----   -----------------   --------------------------
5.1.1   bob@example.com     User unknown
5.2.2   ann@example.com     Mailbox full
""",
        "user_unknown",
        "5.1.1",
        addresses=BOTH,
    ),
    Case(
        "capitals",
        DAEMON + "Subject: MAIL NOT DELIVERED",
        "YOUR MAIL TO BOB@EXAMPLE.COM WAS NOT DELIVERED.\n\nTHE USER IS NOT KNOWN AT THIS HOST.\n",
        "user_unknown",
        addresses=("BOB@EXAMPLE.COM",),
    ),
    Case(
        "a frame of stars",
        DAEMON + "Subject: ** Delivery error **",
        """\
*******************************************
*  Your message could not be delivered    *
*******************************************

   * Recipient: <bob@example.com>
   * Problem:   connection to mx.example.com:25 timed out, gave up after 4 days
""",
        "expired",
    ),
    Case(
        "an explanation before the address",
        POSTMASTER + "Subject: Undeliverable",
        """\
Sorry. 452 4.2.2 The email account that you tried to reach is over quota.

This happened while delivering your mail to

    bob@example.com
""",
        "mailbox_full",
        "4.2.2",
    ),
    Case(
        "a dialogue with both sides",
        DAEMON + "Subject: Returned mail: see the log",
        """\
Your message was returned. The conversation was:

mx.example.com said: 220 mx.example.com ready
we said: MAIL FROM:<us@example.net>
mx.example.com said: 250 ok
we said: RCPT TO:<bob@example.com>
mx.example.com said: 550 5.7.1 <bob@example.com>: rejected for reasons of policy
""",
        "policy",
        "5.7.1",
    ),
    Case(
        "a server's log",
        NULL + "From: mta@gate.example.org\nSubject: Failed to deliver your message",
        """\
Your message could not be delivered. The log says:

2026-11-22 10:00:01 rcpt=<bob@example.com> mx=mx.example.com code=550 text="5.1.10 Recipient address rejected: no such recipient"
""",
        "user_unknown",
        "5.1.10",
    ),
    Case(
        "a size",
        DAEMON + "Subject: Message too large",
        """\
Your message of 31457280 bytes to <bob@example.com> was refused by
mx.example.com: it takes at most 20971520 bytes.

552 5.3.4 Message size exceeds fixed limit
""",
        "too_big",
        "5.3.4",
    ),
    Case(
        "a delay, with a promise",
        POSTMASTER + "Subject: Your message is waiting",
        """\
Your message to bob@example.com has been waiting for 4 hours, because the mail
server of example.com does not answer. We will keep trying for 3 more days. You
do not need to send it again.
""",
        "expired",
        "4.0.0",
        Action.DELAYED,
    ),
    Case(
        "a delay with a code",
        DAEMON + "Subject: Delivery delayed: offer",
        """\
Still trying to deliver your message:

  bob@example.com
    451 4.7.1 greylisted, please try again in five minutes
""",
        "expired",
        "4.7.1",
        Action.DELAYED,
    ),
    Case(
        "success in prose",
        POSTMASTER + "Subject: Your message was delivered",
        "Your message has been successfully delivered to the following recipient:\n\n  bob@example.com\n",
        "delivered",
        "2.0.0",
        Action.DELIVERED,
    ),
    Case(
        "two reasons, two people",
        DAEMON + "Subject: failure notice",
        """\
I could not deliver your message to some of its recipients.

bob@example.com:
  mx.example.com does not know this user (550 5.1.1)

ann@example.com:
  mx.example.com thinks that the message is spam (554 5.7.1)
""",
        "user_unknown",
        "5.1.1",
        addresses=BOTH,
    ),
    Case(
        "conflicting codes",
        DAEMON + "Subject: Undelivered mail",
        "The following address failed:\n\n  bob@example.com: 554 5.0.0 rejected; 550-5.1.1 user unknown in local table\n",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "a hop count",
        POSTMASTER + "Subject: Mail loop",
        "Your message to bob@example.com was returned: 554 5.4.6 too many hops, this mail is looping.\n",
        "network",
        "5.4.6",
    ),
    Case(
        "a list that is closed",
        NULL + "From: list-owner@example.com\nSubject: Message rejected\nAuto-Submitted: auto-replied",
        """\
Your message to the list list@example.com was rejected: 550 5.7.2 only members
may post to it. It was not delivered.
""",
        "policy",
        "5.7.2",
        addresses=("list@example.com",),
    ),
    Case(
        "a gateway of a telephone company",
        NULL + "From: gateway@sms.example\nSubject: Undeliverable: 15550100@sms.example",
        "Your e-mail to 15550100@sms.example could not be delivered: the subscriber is unknown.\n",
        "user_unknown",
        addresses=("15550100@sms.example",),
    ),
    Case(
        "the domain alone is spoken of",
        DAEMON + "Subject: Undeliverable mail",
        """\
No mail server could be found for the domain example.con. Your message could not
be delivered to:

bob@example.con
""",
        "host_unknown",
        addresses=("bob@example.con",),
    ),
    Case(
        "a name that was left out",
        DAEMON + "Subject: Mail delivery failed",
        """\
Mail for Bob Builder <bob@example.com> could not be delivered, because the
mailbox has been closed by its owner.
""",
        "suspended",
    ),
    Case(
        "a certificate",
        POSTMASTER + "Subject: Delivery failure",
        """\
Delivery to the following recipient failed permanently:

  bob@example.com

Reason: TLS is required, but the server's certificate is not trusted (5.7.10)
""",
        "failed_starttls",
        "5.7.10",
    ),
    Case(
        "the authentication of the sender",
        DAEMON + "Subject: Undelivered Mail Returned to Sender",
        """\
<bob@example.com>: host mx.example.com[192.0.2.7] said: 550 5.7.26 This mail
    has been blocked because the sender is unauthenticated: DKIM did not pass,
    SPF did not pass (in reply to end of DATA command)
""",
        "authentication",
        "5.7.26",
    ),
    Case(
        "a rate",
        DAEMON + "Subject: Undelivered Mail Returned to Sender",
        "<bob@example.com>: 550 5.4.5 Daily sending limit of your domain exceeded, try tomorrow\n",
        "rate_limited",
        "5.4.5",
    ),
    Case(
        "no reason at all",
        DAEMON + "Subject: Undeliverable: bob@example.com",
        "Your message was not delivered.\n",
        "undefined",
    ),
    Case(
        "an address in square brackets",
        POSTMASTER + "Subject: Delivery Failure",
        "Delivery of your message to [bob@example.com] failed.\nThe mailbox is disabled.\n",
        "suspended",
    ),
    Case(
        "a group and its member",
        POSTMASTER + "Subject: Undeliverable: offer",
        """\
Your message did not reach some members of the group sales@example.org.

The following recipient(s) could not be reached:

  bob@example.com on 22.11.2026 10:00
     The e-mail address does not exist at the destination. <mx.example.com #5.1.1>
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "a service that speaks in the first person",
        "Return-Path: <>\nFrom: MAILER-DAEMON@queue.example.org\nTo: us@example.net\nSubject: permanent failure",
        "Hi. I am the queue at queue.example.org.\nI have tried, but bob@example.com refuses: 553 sorry, that box is no more\n",
        "user_unknown",
    ),
    Case(
        "the recipient after the word user",
        DAEMON + "Subject: Returned mail: Host unknown",
        "Cannot send your message to user bob@example.com: host unknown (name server: example.com: host not found)\n",
        "host_unknown",
    ),
    Case(
        "several lines of an answer",
        DAEMON + "Subject: Undelivered mail",
        """\
bob@example.com failed after I sent the message.
Remote host said:
550-5.7.1 Our filter has decided that this message is likely
550-5.7.1 unsolicited mail. To protect our users it
550 5.7.1 has been blocked.
""",
        "spam",
        "5.7.1",
    ),
    Case(
        "a policy in words",
        POSTMASTER + "Subject: Message blocked",
        """\
Your message to bob@example.com was blocked. The attachment "offer.exe" is of a
kind that this organisation does not accept.
""",
        "content",
    ),
    Case(
        "reverse dns",
        DAEMON + "Subject: Undelivered mail",
        "<bob@example.com>: 554 5.7.25 client host 192.0.2.9 has no PTR record, rejected\n",
        "require_ptr",
        "5.7.25",
    ),
    Case(
        "tabs",
        POSTMASTER + "Subject: Mail System Error - Returned Mail",
        "This Message was undeliverable.\n\nUser:\tbob@example.com\nHost:\tmx.example.com\nCause:\tno such mailbox\n",
        "user_unknown",
    ),
    Case(
        "in German, a hoster",
        "Return-Path: <>\nFrom: Mail-Zustellung <mailer-daemon@hoster.example>\nTo: us@example.net\n"
        "Subject: Ihre Nachricht wurde nicht zugestellt",
        """\
Guten Tag,

Ihre Nachricht an bob@example.com wurde vom Zielserver abgelehnt.

Antwort des Zielservers: 550 5.1.1 Diese Adresse existiert nicht
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "in German, a list",
        POSTMASTER + "Subject: Unzustellbare Nachricht",
        """\
Die folgenden Empfänger wurden nicht erreicht:

  bob@example.com   Postfach voll
  ann@example.com   Postfach voll
""",
        "mailbox_full",
        addresses=BOTH,
    ),
    Case(
        "in French, a hoster",
        POSTMASTER + "Subject: Votre message n'a pas été distribué",
        "Votre message destiné à bob@example.com n'a pas été distribué.\n\nMotif : adresse inexistante\n",
        "user_unknown",
    ),
    Case(
        "in Spanish, a gateway",
        POSTMASTER + "Subject: Correo devuelto",
        "Su mensaje no pudo ser entregado a bob@example.com.\n\nMotivo: el usuario no existe (550 5.1.1)\n",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "in Italian, still trying",
        POSTMASTER + "Subject: Consegna ritardata",
        "Il messaggio per bob@example.com non è stato ancora consegnato. Il server riproverà per 3 giorni.\n",
        "expired",
        "4.0.0",
        Action.DELAYED,
    ),
    Case(
        "in Portuguese, blocked",
        POSTMASTER + "Subject: Falha na entrega da mensagem",
        "A mensagem não foi entregue ao destinatário bob@example.com: 554 5.7.1 IP 192.0.2.9 está em lista negra\n",
        "blocked",
        "5.7.1",
    ),
    Case(
        "in Norwegian",
        POSTMASTER + "Subject: Kunne ikke levere meldingen",
        "Meldingen din kunne ikke leveres til bob@example.com. Postboksen finnes ikke.\n",
        "user_unknown",
    ),
    Case(
        "in Ukrainian",
        POSTMASTER + "Subject: Не вдалося доставити лист",
        "Ваш лист не вдалося доставити адресату bob@example.com: поштову скриньку переповнено.\n",
        "mailbox_full",
    ),
    Case(
        "in Greek",
        POSTMASTER + "Subject: Αδύνατη η παράδοση του μηνύματος",
        "Δεν ήταν δυνατή η παράδοση του μηνύματος στον παραλήπτη bob@example.com: ο χρήστης δεν υπάρχει.\n",
        "user_unknown",
    ),
    Case(
        "in Romanian",
        POSTMASTER + "Subject: Mesajul nu a putut fi livrat",
        "Mesajul dumneavoastră către bob@example.com nu a putut fi livrat: 550 5.1.1 utilizator necunoscut\n",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "in Arabic",
        POSTMASTER + "Subject: تعذر تسليم الرسالة",
        "تعذر تسليم رسالتك إلى المستلم التالي:\n\nbob@example.com\n550 5.1.1 المستخدم غير موجود\n",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "in Hebrew",
        DAEMON + "Subject: ההודעה לא נמסרה",
        "לא ניתן היה למסור את ההודעה אל bob@example.com: תיבת הדואר מלאה (552 5.2.2)\n",
        "mailbox_full",
        "5.2.2",
    ),
    Case(
        "in Vietnamese",
        DAEMON + "Subject: Không thể gửi thư",
        "Thư của bạn không thể gửi đến bob@example.com: 550 5.1.1 người dùng không tồn tại\n",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "in Thai and English",
        DAEMON + "Subject: ส่งอีเมลไม่สำเร็จ / Delivery failed",
        "ไม่สามารถส่งข้อความของคุณได้ / Your message could not be delivered:\n\nbob@example.com\nMailbox full\n",
        "mailbox_full",
    ),
    Case(
        "in Indonesian",
        DAEMON + "Subject: Pesan tidak terkirim",
        "Pesan Anda kepada bob@example.com tidak dapat dikirim: 550 5.1.1 pengguna tidak dikenal\n",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "in two languages",
        POSTMASTER + "Subject: Undeliverable / Unzustellbar",
        """\
--- English below ---

Ihre Nachricht konnte nicht zugestellt werden.
Empfänger: bob@example.com
Grund: Mailbox unbekannt

Your message could not be delivered.
Recipient: bob@example.com
Reason: mailbox unknown
""",
        "user_unknown",
    ),
    Case(
        "an alias that forwards",
        DAEMON + "Subject: Mail delivery failed: returning message to sender",
        """\
A message that you sent could not be delivered to one of its recipients:

  bob@isp.example
    (generated from bob@example.com)
    550 5.7.1 forwarding of this mail is not permitted by the domain's policy
""",
        "policy",
        "5.7.1",
        addresses=("bob@isp.example",),
    ),
    Case(
        "help with an address",
        POSTMASTER + "Subject: Undeliverable message",
        """\
The message below could not be delivered to bob@example.com, who has left our company.

If you need assistance, write to reception@example.com or call us.
""",
        "user_unknown",
    ),
)
