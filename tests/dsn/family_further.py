"""Notices whose subject is an order's, whose words come in another order, or whose language is rare; the mails are made up."""

from email_processor.inbound.dsn import Action

from .families import DAEMON, POSTMASTER, Case

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
)
