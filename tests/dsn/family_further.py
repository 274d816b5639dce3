"""Notices whose subject is an order's, whose words come in another order, or whose language is rare; the mails are made up."""

from email_processor.inbound.dsn import Action

from .families import DAEMON, POSTMASTER, Case

SENT = "From: Postmaster <postmaster@example.org>\nTo: us@example.net\n"
NULL = "Return-Path: <>\nTo: us@example.net\n"

FURTHER = (
    Case(
        "an order that bounced",
        POSTMASTER + "Subject: [BOUNCE] Your order 4711",
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n\n  bob@example.com\n"
        "    There are no DNS entries for the hostname example.com.\n",
        "host_unknown",
    ),
    Case(
        "an order among the details",
        POSTMASTER + "Subject: 退信",
        "抱歉，您的邮件被退回来了\n主题 Your order\n收件人 bob@example.com\n退信原因 550 Mailbox not found\n",
        "user_unknown",
    ),
    Case(
        "an error occurred",
        NULL + "From: Web Services <no-reply@cloud.example>\nSubject: Delivery Status Notification (Failure)",
        "An error occurred while trying to deliver the mail to the following recipients:\nbob@example.com\n",
        "undefined",
    ),
    Case(
        "delayed at first, then given up",
        DAEMON + "Subject: Undeliverable: offer",
        "Your message could not be delivered to bob@example.com. An earlier notice told you that it was delayed.\n"
        "No further attempts will be made. Last error: Connection timed out\n",
        "expired",
    ),
    Case(
        "still tried while there is time",
        DAEMON + "Subject: Warning: message delayed",
        "Your message to bob@example.com is delayed. If this goes on until Sunday, no further attempts will be made.\n",
        "expired",
        "4.0.0",
        Action.DELAYED,
    ),
    Case(
        "Japanese, another word",
        POSTMASTER + "Subject: お知らせ",
        "下記の宛先へのメールは、メールボックスの容量が一杯のため配送できませんでした。\n\n宛先: bob@example.com\n",
        "mailbox_full",
    ),
    Case(
        "Chinese of Taiwan, another word",
        DAEMON + "Subject: 通知",
        "您的信件無法寄達以下收件者：\n\nbob@example.com\n原因：收件者的信箱已滿\n",
        "mailbox_full",
    ),
    Case(
        "switched off in a directory",
        DAEMON + "Subject: failure notice",
        "<bob@example.com>:\nMailaddress is administratively disabled. (LDAP-ERR #220)\n",
        "suspended",
    ),
    Case(
        "a limit in brackets",
        DAEMON + "Subject: Mail System Error - Returned Mail",
        "The message that you sent was undeliverable to the following:\n"
        "\tbob@example.com (mailbox disk space limit exceeded)\n",
        "mailbox_full",
    ),
    Case(
        "a directory in German",
        POSTMASTER + "Subject: Zustellungsfehler",
        "Ihre Nachricht konnte nicht zugestellt werden an:\n\n  bob@example.com\n\nweil:\n\n"
        "  Benutzer bob (bob@example.com) nicht im Domino-Verzeichnis aufgeführt\n",
        "user_unknown",
    ),
    Case(
        "who must log in",
        DAEMON + "Subject: Mail Delivery Failure",
        "bob@example.com\n\nReason: 550 Please turn on SMTP Authentication in your mail client\n",
        "security_error",
    ),
    Case(
        "an order behind the words of a report",
        "From: Postmaster <postmaster@example.org>\nSubject: Undelivered: Your order 4711",
        "Message could not be delivered to <bob@example.com>\nThe reason is: mailbox does not exist here\n",
        "user_unknown",
    ),
    Case(
        "no route",
        POSTMASTER + "Subject: NON-DELIVERY of: offer",
        "------- Failure Reasons  --------\n\nNo route found to domain EXAMPLE.COM from server MAIL/HQ.\nbob@example.com\n",
        "host_unknown",
    ),
    Case(
        "a user of VMS",
        POSTMASTER + "Subject: Mail delivery error",
        "An error was detected while processing a message you sent.\n\nError: User not in authorization file\n"
        "Address: bob@example.com\n",
        "user_unknown",
    ),
    Case(
        "headers that are too long",
        DAEMON + "Subject: Undelivered Mail",
        "<bob@example.com>: host mx.example.com said: 552 5.6.0 Headers too large (32768 max)\n",
        "content",
        "5.6.0",
    ),
    Case(
        "sending is suppressed",
        DAEMON + "Subject: Undelivered Mail",
        "<bob@example.com>: 550 5.1.1 We have suppressed sending to this address: it bounced as an invalid address\n",
        "suppressed",
        "5.1.1",
    ),
    Case(
        "not by TLS",
        DAEMON + "Subject: Undelivered Mail",
        "<bob@example.com>: 550-5.7.29 This mail has been blocked because it wasn't sent over a TLS connection\n",
        "failed_starttls",
        "5.7.29",
    ),
    Case(
        "who can help stands below",
        DAEMON + "Subject: Undeliverable mail",
        "Your message to bob@example.com could not be delivered.\n\nThe user does not exist. If you need help, contact our "
        "desk\n(desk@example.com, phone 555 0100) or see the directory.\n",
        "user_unknown",
    ),
    Case(
        "a signature",
        DAEMON + "Subject: failure notice",
        "Sorry, your message to bob@example.com was not delivered: mailbox is full.\n\n--\n"
        "If you got this in error, tell it.\nExample Ltd, office@example.com\n",
        "mailbox_full",
    ),
    Case(
        "one of three has got it",
        DAEMON + "Subject: Delivery report",
        "Delivery report for your message:\n\n bob@example.com: failed - no such user\n joe@example.com: delivered\n"
        " ann@example.com: failed - over quota\n",
        "user_unknown",
        addresses=("bob@example.com", "ann@example.com"),
    ),
    Case(
        "a dialogue in which one is accepted",
        DAEMON + "Subject: Returned mail: User unknown",
        "   ----- Transcript of session follows -----\n>>> MAIL From:<us@example.net>\n<<< 250 ok\n"
        ">>> RCPT To:<joe@example.com>\n<<< 250 ok\n>>> RCPT To:<bob@example.com>\n<<< 550 5.1.1 User unknown\n",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "a dialogue in which all are accepted",
        DAEMON + "Subject: Returned mail",
        ">>> RCPT To:<bob@example.com>\n<<< 250 ok\n>>> RCPT To:<ann@example.com>\n<<< 250 ok\n>>> DATA\n"
        "<<< 552 5.3.4 Message too big\n",
        "too_big",
        "5.3.4",
        addresses=("bob@example.com", "ann@example.com"),
    ),
    Case(
        "the address in the subject alone",
        "From: postmaster@example.org\nSubject: Message to bob@example.com was not delivered",
        "Reason: No account by that name\n",
        "user_unknown",
    ),
    Case(
        "deleted at the door",
        NULL + "From: Unknown User <nobody@example.com>\nAuto-Submitted: auto-replied\nSubject: Undeliverable: offer",
        "The address bob@example.com does not exist here. Your message has been deleted.\n",
        "user_unknown",
    ),
    Case(
        "a reason in headings",
        "From: Postmaster <postmaster@example.org>\nSubject: [Postmaster] Email Delivery Failure",
        "Reason for Failure\nRemote server returned message denied by administrative policy\n\nRecipients\nbob@example.com\n",
        "policy",
    ),
    Case(
        "a list of members",
        "From: bob-admin@example.com\nTo: us@example.net\nSubject: NOT MEMBER article from us@example.net\n"
        "X-MLServer: fml [fml 4.0]; post only (only members can post)",
        "Sorry, you are not a member of this mailing list <bob@example.com>.\nYour mail is rejected.\n",
        "rejected",
    ),
    Case(
        "a letter to somebody, in Russian",
        "From: Почта <postmaster@example.org>\nSubject: Письмо не доставлено",
        "К сожалению, письмо для bob@example.com доставить не удалось.\nПричина: такого пользователя не существует.\n",
        "user_unknown",
    ),
    Case(
        "an address that has changed",
        "From: Mailer-Daemon@example.com\nSubject: Address changed",
        "Your message to bob@example.com has not been delivered since the address has changed. The new address is "
        "bob@example.org.\n",
        "moved",
    ),
    Case(
        "Italian, as Exchange of old",
        "From: Amministratore di sistema <postmaster@example.com>\nSubject: Non recapitabile: offerta",
        "Il messaggio non ha raggiunto alcuni o tutti i destinatari.\n\n      Oggetto:\tofferta\n\n"
        "Impossibile raggiungere i seguenti destinatari:\n\n      bob@example.com in data 10/11/2026 09:00\n"
        "            La cassetta postale del destinatario è piena.\n            <example.com #5.2.2>\n",
        "mailbox_full",
        "5.2.2",
    ),
    Case(
        "Japanese, an address that is not found",
        DAEMON + "Subject: Delivery Status Notification (Failure)",
        "** アドレス不明 **\n\nアドレスが見つからないため、bob@example.com にメールは配信されませんでした。\n",
        "user_unknown",
    ),
    Case(
        "an apostrophe in a name",
        DAEMON + "Subject: Mail delivery failed: returning message to sender",
        "The following address(es) failed:\n\n  o'neil@example.com\n    mailbox is full: retry timeout exceeded\n",
        "mailbox_full",
        addresses=("o'neil@example.com",),
    ),
    Case(
        "an apostrophe before and behind",
        DAEMON + "Subject: Undeliverable mail",
        "Failed to deliver to 'bob@example.com'\nLOCAL module reports:\n account is full (quota exceeded)\n",
        "mailbox_full",
    ),
    Case(
        "from whom they take no mail",
        DAEMON + "Subject: Mail Delivery Problem",
        "Your mail to the following recipients could not be delivered because they are not accepting mail from "
        "shop@example.net:\n\tbob\n\nYour message was sent to bob@example.com\n",
        "filtered",
    ),
    Case(
        "words we do not know, above what we sent",
        SENT + "Subject: Undeliverable Mail",
        "Nobody of that name lives in this house: bob@example.com\n\nOriginal message follows.\n",
        "undefined",
    ),
    Case(
        "a sentence of two lines",
        SENT + "Subject: Waiting mail",
        "After 3 days, your message could not yet be\nfully delivered. Attempts are made for 4 more days.\n\n"
        "Delivery attempts are still pending for the following address(es):\n\n\tbob@example.com (host: example.com)\n",
        "expired",
        "4.0.0",
        Action.DELAYED,
    ),
    Case(
        "deferred addresses",
        DAEMON + "Subject: mail is still queued",
        "Deferred addresses follow:\n <bob@example.com> ... transport smtp: 400 connection refused\n",
        "expired",
        "4.0.0",
        Action.DELAYED,
    ),
    Case(
        "named errors",
        SENT + "Subject: Undelivered mail",
        "Error-for:  bob@example.com\nError-text: Unable to contact remote host, giving up\n",
        "expired",
    ),
    Case(
        "the subject tells it",
        SENT + "Subject: WARNING: bob@example.com - no such user here",
        "bob@example.com - no such user here.\n\nThere is no user by that name at this server.\n",
        "user_unknown",
    ),
    Case(
        "those who do not exist",
        SENT + "Subject: Returned mail",
        "These recipients on our system do not exist.\n\n    bob@example.com\n\nPlease check the address.\n",
        "user_unknown",
    ),
    Case(
        "an order, returned without a null sender",
        SENT + "Subject: 退信",
        "您的邮件 Your order 4711 没有投递成功\nThe following address can't be delivered:\nbob@example.com\n",
        "undefined",
    ),
    Case(
        "not delivered to",
        NULL + "From: gateway@example.org\nSubject: Notice",
        "Your message with the invitation\nhas not been delivered after 4 hours to:\n\n   bob@example.com\n",
        "expired",
        "4.0.0",
        Action.DELAYED,
    ),
    Case(
        "an administrator",
        "From: Administrator <administrator@example.org>\nTo: us@example.net\nSubject: Delivery failure of message",
        "The following recipients could not be reached because of a delivery error:\n\nbob@example.com -- not unique\n",
        "undefined",
    ),
)
