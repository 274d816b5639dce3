"""Ordinary mail in which the words of reports stand: letters, desks, alarms, orders; made up for these tests."""

from email_processor.inbound.classifying import Kind

from .ordinary_machines import BOUNCE, PERSON, Mail

LETTERS = (
    Mail(
        "a message undelivered, by a colleague",
        PERSON + "Subject: Your message to bob@example.com",
        "Your message to bob@example.com was not delivered, he told me. Please send it again to ann@example.com.\n",
    ),
    Mail(
        "a reminder of the customer desk",
        "Return-Path: <>\nFrom: CRM <crm@example.net>\nTo: us@example.net\n"
        "Subject: Task: contact bob@example.com again",
        "Your mail to bob@example.com was not answered within 5 days. Next step: call.\n",
    ),
    Mail(
        "the reader's own mailbox is full",
        "Return-Path: <>\nFrom: Postmaster <postmaster@example.net>\nTo: us@example.net\nSubject: Your mailbox is full",
        "Your mailbox us@example.net is over quota. New messages are rejected until you delete some. 552 5.2.2\n",
    ),
    Mail(
        "messages kept back, with codes",
        "Return-Path: <>\nFrom: Postmaster <postmaster@example.net>\n"
        "To: us@example.net\nSubject: Quarantine: 3 messages",
        "The following messages were not delivered to you:\n\nbob@example.com  550 5.7.1 spam\n"
        "ann@example.com  550 5.7.1 spam\n",
    ),
    Mail(
        "a review of the bounce rate",
        "From: Amazon Web Services <no-reply@aws.example>\nTo: us@example.net\n"
        "Subject: SES account review: bounce rate",
        "Your account's bounce rate is 12 %. Messages to the following recipients bounced most: bob@example.com\n",
    ),
    Mail(
        "a bug about full mailboxes",
        "From: Bugtracker <noreply@bugs.example>\nTo: us@example.net\n"
        "Subject: [Bug 4711] Mail delivery failed when the mailbox is full",
        "ann@example.org added a comment:\n\nYour message could not be delivered: bob@example.com 552 5.2.2\n",
    ),
    Mail(
        "a wiki page about undelivered mail",
        "From: Wiki <notify@wiki.example>\nTo: us@example.net\nSubject: Page changed: Undelivered mail",
        "Jo changed the page 'Undelivered mail':\n\n+ If your message could not be delivered to "
        "bob@example.com (550 5.1.1), ask IT.\n",
    ),
    Mail(
        "a chat tells of a bounce",
        "From: Chat <notifications@chat.example>\nTo: us@example.net\nSubject: Jo mentioned you",
        "Jo: your mail to bob@example.com bounced with 550 5.1.1 user unknown\n",
    ),
    Mail(
        "a welcome that explains reports",
        "From: postmaster@example.org\nTo: us@example.net\nSubject: Welcome",
        "Welcome to your new mailbox. If a message can not be delivered, you will get a report with a "
        "code such as 550 5.1.1. Ask help@example.org.\n",
    ),
    Mail(
        "an invitation that nobody got",
        "From: Calendar <no-reply@cal.example>\nTo: us@example.net\nSubject: Invitation not delivered",
        "We could not deliver your invitation to bob@example.com. He has no account.\n",
    ),
    Mail(
        "a transfer is returned",
        "From: Bank <no-reply@bank.example>\nTo: us@example.net\nSubject: Transfer returned",
        "Your transfer to Bob was returned: account unknown. Your message to the recipient was: invoice 4711\n",
    ),
    Mail(
        "somebody has left, undeliverable in the subject",
        "Return-Path: <>\nFrom: Ann <ann@example.com>\nTo: us@example.net\n"
        "Subject: Undeliverable? I have left example.com\nAuto-Submitted: auto-replied",
        "I have left. Your message was not forwarded. Please write to bob@example.com.\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "a survey reports",
        "From: Survey <noreply@survey.example>\nTo: us@example.net\nSubject: Delivery report: 200 answers",
        "Your report is ready. 12 invitations could not be delivered (bob@example.com and others).\n",
    ),
    Mail(
        "a legal hold",
        "From: Mail Archive <archive@example.org>\nTo: us@example.net\nSubject: Legal hold notification",
        "Messages to bob@example.com are being held and can not be deleted.\n",
    ),
    Mail(
        "thanks for a report",
        "From: Postmaster <postmaster@example.org>\nTo: us@example.net\nSubject: Phishing report received",
        "Thank you for your report. The message from bob@example.com was blocked and removed from all mailboxes.\n",
    ),
    Mail(
        "an attempt to deliver goods",
        "From: DHL-like <delivery@ship.example>\nTo: us@example.net\nSubject: Failed delivery attempt",
        "We attempted to deliver your item today but nobody was home. Recipient: bob@example.com. New "
        "attempt tomorrow.\n",
    ),
    Mail(
        "a message to a driver",
        "From: Delivery Team <delivery@food.example>\nTo: us@example.net\nSubject: Delivery problem",
        "Your message to the driver could not be sent. Please call him. bob@food.example\n",
    ),
    Mail(
        "a desk that does not know the sender",
        "Return-Path: <>\nFrom: Helpdesk <helpdesk@example.org>\n"
        "To: us@example.net\nSubject: Request could not be created\n"
        "Auto-Submitted: auto-replied",
        "Your message to helpdesk@example.org could not be processed because you are not registered. "
        "Write to admin@example.org.\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "a forge rejects a mail",
        "From: GitLab-like <gitlab@code.example>\nTo: us@example.net\n"
        "Subject: Rejected: Your email could not be processed\nAuto-Submitted: auto-generated",
        "Unfortunately, your email message to GitLab could not be processed. You are not allowed to "
        "perform this action. If you believe this is in error, contact a staff member.\n",
    ),
    Mail(
        "a voice mailbox is full",
        "From: Voice <postmaster@pbx.example>\nTo: us@example.net\nSubject: Voicemail delivery failure",
        "The voicemail for extension 100 could not be stored: mailbox full.\n",
    ),
    Mail(
        "a bounce under a line",
        PERSON + "Subject: Undelivered Mail Returned to Sender\nReferences: <1@a>",
        "FYI see below\n\n" + BOUNCE,
    ),
    Mail(
        "a license expires",
        "From: MDaemon Admin <mdaemon@example.org>\nTo: us@example.net\nSubject: MDaemon license expires",
        "Your license expires. Mail can not be delivered afterwards. sales@mdaemon.example\n",
    ),
    Mail(
        "daily statistics of a server",
        "From: mta@example.org\nTo: us@example.net\nSubject: Daily statistics",
        "delivered: 300, bounced: 2, deferred: 5\nTop bounced: bob@example.com (550 5.1.1)\n",
    ),
    Mail(
        "a test of a mail server",
        "From: Mail Server <mailer@example.org>\nTo: us@example.net\nSubject: Test message",
        "This is a test of the mail server. If you can read this, your message was delivered to "
        "us@example.net and bob@example.com.\n",
    ),
    Mail(
        "ten reasons for bounces",
        "From: bounces@newsletter.example\nTo: us@example.net\nSubject: 10 reasons why your mail is returned to sender",
        "Your message could not be delivered? 1. The mailbox is full. 2. 550 5.1.1 user unknown. Write "
        "to editor@newsletter.example.\n",
    ),
    Mail(
        "a consultant writes about delays",
        "From: Dr. Mail <mta@consulting.example>\nTo: us@example.net\nSubject: Delivery problems at example.com",
        "Dear team,\n\nyour message to bob@example.com was delayed because of greylisting. We suggest a "
        "talk.\n\nDr. M\n",
    ),
    Mail(
        "a room rejects",
        "Return-Path: <>\nFrom: Meeting Room <room@example.com>\nTo: us@example.net\nSubject: Rejected: review",
        "Your request was rejected since the room is not available at that time. Owner: ann@example.com\n",
    ),
    Mail(
        "an invoice is rejected by a machine",
        "Return-Path: <>\nFrom: System <system@erp.example>\nTo: us@example.net\n"
        "Subject: Invoice rejected\nAuto-Submitted: auto-generated",
        "The invoice 4711 sent by us@example.net was rejected: supplier unknown. Contact ap@erp.example.\n",
    ),
    Mail(
        "a postmaster warns all",
        "From: Postmaster <postmaster@example.org>\nTo: all@example.org\n"
        "Subject: Mails to example.com are being returned",
        "Mail to example.com is currently returned with 550 5.7.1. We are in contact with them. "
        "Affected: bob@example.com\n",
    ),
    Mail(
        "a web form fails",
        "From: no-reply@forms.example\nTo: us@example.net\nSubject: Your message could not be sent",
        "Your message could not be sent through the form, the field e-mail is invalid: bob@example\n",
    ),
    Mail(
        "a weekly report of blocked mail",
        "Return-Path: <>\nFrom: Postmaster <postmaster@example.net>\nTo: us@example.net\nSubject: Weekly report",
        "Blocked mails this week: bob@example.com 3, ann@example.com 2 (rejected by filter)\n",
    ),
    Mail(
        "a password expires",
        "Return-Path: <>\nFrom: Mail Administrator <postmaster@example.net>\n"
        "To: us@example.net\nSubject: Password expires",
        "Your password expires in 3 days; afterwards mail can not be delivered to you. Ask jane@example.net.\n",
    ),
    Mail(
        "a forwarding is disabled",
        "Return-Path: <>\nFrom: Postmaster <postmaster@example.net>\n"
        "To: us@example.net\nSubject: Your vacation message was disabled",
        "The forwarding to bob@example.com was disabled because too many messages failed to be delivered.\n",
    ),
    Mail(
        "a server's address changes",
        "Return-Path: <>\nFrom: Postmaster <postmaster@example.net>\n"
        "To: us@example.net\nSubject: Change of mail server",
        "The address of the mail server changes to mail2@example.org. Messages are not accepted by the old one.\n",
    ),
    Mail(
        "a virus was deleted",
        "Return-Path: <>\nFrom: Antivirus <antivirus@example.net>\n"
        "To: us@example.net\nSubject: Virus found in a message to you",
        "The message from bob@example.com was deleted: it contained a virus.\n",
    ),
    Mail(
        "a large file waits",
        "Return-Path: <>\nFrom: Mail Gateway <gateway@example.net>\nTo: us@example.net\nSubject: Large file waiting",
        "bob@example.com sent you a file that could not be delivered by mail. Download: https://example.net/f\n",
    ),
    Mail(
        "an access is denied",
        "Return-Path: <>\nFrom: SharePoint <no-reply@sharepoint.example>\n"
        "To: us@example.net\nSubject: Access request denied",
        "Your request to ann@example.com was denied.\n",
    ),
    Mail(
        "somebody reads mail on Mondays",
        "Return-Path: <>\nFrom: Bob <bob@example.com>\nTo: us@example.net\nSubject: Your message to bob@example.com",
        "I read mail only on Mondays. Your message to bob@example.com will not be answered before.\n",
    ),
    Mail(
        "a leave",
        "Return-Path: <>\nFrom: Ann <ann@example.com>\nTo: us@example.net\n"
        "Subject: Maternity leave\nAuto-Submitted: auto-replied",
        "Your message to ann@example.com is not forwarded. Please contact bob@example.com.\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "a receipt by hand",
        "Return-Path: <>\nFrom: Info <info@example.com>\nTo: us@example.net\n"
        "Subject: Received: offer\nAuto-Submitted: auto-replied",
        "We got your message to info@example.com. It was not possible to answer it at once. sales@example.com will.\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "an application is rejected",
        "Return-Path: <>\nFrom: Jobs <jobs@example.com>\nTo: us@example.net\n"
        "Subject: Your application\nAuto-Submitted: auto-generated",
        "Your application was rejected. Questions: ann@example.com\n",
    ),
    Mail(
        "failed mail was re-routed",
        "From: postmaster@example.org\nTo: us@example.net\nSubject: Re-routing of failed mail",
        "Mail that failed for bob@example.com was re-routed to ann@example.com; nothing was lost.\n",
    ),
    Mail(
        "an abuse report of a postmaster",
        "From: Postmaster Team <postmaster@example.org>\nTo: us@example.net\n"
        "Subject: Abuse report: mails from your server rejected",
        "Your server 192.0.2.9 sent spam to bob@example.com; we rejected it with 554 5.7.1. Please act.\n",
    ),
    Mail(
        "a delayed ticket",
        "From: Postmaster <postmaster@example.org>\nTo: us@example.net\nSubject: Delivery delay of your ticket 4711",
        "We need more time.\n",
    ),
    Mail(
        "the state of an order",
        "From: Mailer <mailer@shop.example>\nTo: us@example.net\nSubject: Delivery status of order 12",
        "Your message to the shop was forwarded. Your delivery failed. bob@shop.example\n",
    ),
    Mail(
        "spare parts are not delivered",
        "From: DSN Corp <dsn@company.example>\nTo: us@example.net\nSubject: Delivery failure of spare parts",
        "The supplier could not deliver. Contact bob@company.example.\n",
    ),
    Mail(
        "an explanation by newsletter",
        "From: Newsletter <mailer@news.example>\nTo: us@example.net\n"
        "List-Unsubscribe: <https://n>\nSubject: Undeliverable mail explained",
        "550 5.1.1 means: bob@example.com does not exist.\n",
    ),
    Mail(
        "a question in HTML",
        "From: Jo <jo@example.org>\nTo: us@example.net\nSubject: delivery failure\nContent-Type: text/html",
        "<p>Hi, the customer says:</p><p>Your message to bob@example.com could not be delivered: 550 "
        "5.1.1</p><p>What now? Jo</p>",
    ),
    Mail(
        "missed messages of a chat",
        "From: Teams <noreply@teams.example>\nTo: us@example.net\nSubject: You have missed messages",
        "Jo: Delivery has failed to these recipients: bob@example.com 550 5.1.1\n",
    ),
    Mail(
        "a critical queue",
        "From: Mail Server Monitoring <mon@example.net>\nTo: us@example.net\n"
        "Subject: CRITICAL - mail queue: delivery failed",
        "CRITICAL: 12 mails in queue: bob@example.com: connection refused\n",
    ),
    Mail(
        "a policy tells the administrator",
        "From: Mail Gateway <gw@example.net>\nTo: admin@example.net\nSubject: Policy violation: message blocked",
        "The message from us@example.net to bob@example.com was blocked: card number found.\n",
    ),
    Mail(
        "a test of bounces",
        "From: Backup <root@mail.example.net>\nTo: us@example.net\nSubject: Mail delivery failed test OK",
        "Test of bounce handling ok: 550 5.1.1 bob@example.com\n",
    ),
    Mail(
        "a statement could not be posted",
        "Return-Path: <>\nFrom: Exchange Rates <postmaster@bank.example>\nTo: us@example.net\nSubject: Statement",
        "Your statement could not be sent by post to the address known to us. Please tell ann@bank.example.\n",
    ),
    Mail(
        "read, in words",
        "Return-Path: <>\nFrom: Bob <bob@example.com>\nTo: us@example.net\nSubject: Read: offer",
        "Your message to bob@example.com was read on Sunday.\n",
    ),
    Mail(
        "deleted, in words",
        "Return-Path: <>\nFrom: Bob <bob@example.com>\nTo: us@example.net\nSubject: Not read: offer",
        "Your message to bob@example.com was deleted without being read.\n",
    ),
    Mail(
        "a maintenance tonight",
        "Return-Path: <>\nFrom: Postmaster <postmaster@example.net>\n"
        "To: us@example.net\nSubject: Mail delivery interruption tonight",
        "Tonight mail cannot be delivered between 1 and 2. Questions: ann@example.net\n",
    ),
    Mail(
        "a pizza",
        "Return-Path: <>\nFrom: Mail Delivery <delivery@pizza.example>\n"
        "To: us@example.net\nSubject: Your pizza could not be delivered",
        "The driver could not reach you. Call us or write to bob@pizza.example.\n",
    ),
    Mail(
        "a message is recalled",
        "Return-Path: <>\nFrom: Exchange Admin <postmaster@example.net>\n"
        "To: us@example.net\nSubject: Your message was recalled",
        "bob@example.com wants to recall the message offer.\n",
    ),
    Mail(
        "failed logins",
        "Return-Path: <>\nFrom: Journal <journal@example.net>\nTo: us@example.net\nSubject: Failed login attempts",
        "3 failed attempts for bob@example.com from 192.0.2.3. Error 535 5.7.8 authentication failed.\n",
    ),
    Mail(
        "failed logins, by a postmaster",
        "Return-Path: <>\nFrom: Postmaster <postmaster@example.net>\n"
        "To: us@example.net\nSubject: Failed login attempts",
        "3 failed attempts for bob@example.com from 192.0.2.3. Error 535 5.7.8 authentication failed.\n",
    ),
    Mail(
        "a message to the wrong person",
        "Return-Path: <>\nFrom: Bob <bob@example.com>\nTo: us@example.net\nSubject: Re: offer\nIn-Reply-To: <1@a>",
        "Sorry, your message to ann@example.com was not for me. I forwarded it.\n",
    ),
    Mail(
        "an invoice was not paid",
        "From: Ann <postmaster@small.example>\nTo: us@example.net\nSubject: Invoice 12",
        "Hello,\n\nwe could not pay invoice 12, it was returned by the bank. Please tell bob@small.example.\n\nAnn\n",
    ),
    Mail(
        "a quota changes",
        "From: System Administrator <admin@school.example>\nTo: us@example.net\nSubject: Mailbox quota changes",
        "From May the quota is 1 GB. Mailboxes that are full will not receive mail. See bob@school.example.\n",
    ),
    Mail(
        "an incident is resolved",
        "From: ServiceNow-like <it@example.net>\nTo: us@example.net\n"
        "Subject: INC0012345 Mail delivery failure resolved",
        "Your incident was resolved: mail to bob@example.com was rejected by DNS.\n",
    ),
    Mail(
        "a tracker about undeliverable mail",
        "From: Jira-like <jira@example.net>\nTo: us@example.net\n"
        "Subject: (MAIL-12) Undeliverable messages are not parsed",
        "Jo commented:\nYour message to bob@example.com could not be delivered. 550 5.1.1\n",
    ),
    Mail(
        "delays are investigated",
        "From: Mail Delivery Status <status@provider.example>\nTo: us@example.net\n"
        "Subject: [Investigating] Delayed mail delivery",
        "We are investigating delays of mail delivery to bob@example.com and others.\n",
    ),
    Mail(
        "somebody has moved",
        "Return-Path: <>\nFrom: Bob <bob@example.com>\nTo: us@example.net\n"
        "Subject: I have moved\nAuto-Submitted: auto-replied",
        "My mailbox bob@example.com is disabled soon. New address: bob@new.example. Your message has been delivered.\n",
        Kind.AUTO_REPLY,
    ),
    Mail(
        "an order is refused",
        "Return-Path: <>\nFrom: Shop <order@shop.example>\nTo: us@example.net\nSubject: Order rejected",
        "Your order could not be processed: the card was refused. Write to help@shop.example\n",
    ),
    Mail(
        "a scan",
        "Return-Path: <>\nFrom: Scanner <scanner@example.net>\nTo: us@example.net\nSubject: Message from KM-like",
        "Scan attached. sent by bob@example.net\n",
    ),
    Mail(
        "an invitation is declined",
        "Return-Path: <>\nFrom: Events <events@example.net>\nTo: us@example.net\n"
        "Subject: Invitation rejected: delivery review",
        "bob@example.com has declined the invitation you sent.\n",
    ),
    Mail(
        "a bounce pasted whole",
        PERSON + "Subject: Mail delivery failed: returning message to sender\nX-Originating-IP: 1.2.3.4",
        BOUNCE,
    ),
    Mail(
        "a bounce under German words",
        PERSON + "Return-Path: <jo@example.org>\nSubject: Undelivered Mail Returned to Sender",
        "Bekomme ich immer:\n\n" + BOUNCE + "\nGruß Jo",
    ),
    Mail(
        "a message is pending",
        "From: Google Groups-like <noreply@groups.example>\nTo: us@example.net\nSubject: Message pending approval",
        "Your message to sales@example.com is pending because you are not a member.\n",
    ),
    Mail(
        "a list answers commands",
        "Return-Path: <>\nFrom: Sympa-like <sympa@lists.example>\n"
        "To: us@example.net\nSubject: Results of your commands",
        "> SUBSCRIBE list\nYour command was rejected: not allowed. list-owner@lists.example\n",
    ),
    Mail(
        "a postmaster misses invoices",
        "From: Postmaster Team <postmaster@example.org>\nTo: us@example.net\nSubject: undelivered invoices",
        "Hello,\nthree invoices from you to bob@example.com were not delivered last week because our server was down. "
        "Please send them again.\n",
    ),
    Mail(
        "a maker of virus scanners warns of bounces",
        "From: AntiVirus Labs <letter@labs.example>\nTo: us@example.net\nSubject: Returned mail that bites",
        f"This week: false bounces.\n\n{BOUNCE}\nDo not open what is attached. To unsubscribe, write to u@labs.example\n",
    ),
    Mail(
        "a letter about delivery",
        "From: Mail Delivery Weekly <weekly@deliver.example>\nTo: us@example.net\nSubject: Delivery failures in November",
        f"Dear reader, our newsletter looks at this one:\n\n{BOUNCE}\nYour message deserves better.\n",
    ),
    Mail(
        "a day of a mail server",
        "From: MAILER-DAEMON@mx.example.net\nTo: postmaster@example.net\nSubject: Postfix log summaries for Nov 10",
        "   10   bounced\n\nmessage bounce detail (by relay)\n    1   550 5.1.1 <bob@example.com>: User unknown\n",
    ),
    Mail(
        "a parcel in German",
        "Return-Path: <>\nFrom: Versand <noreply@versand.example>\nTo: us@example.net\nSubject: Zustellung nicht möglich",
        "Ihr Paket konnte nicht zugestellt werden. Abholung in der Filiale. Fragen an hilfe@versand.example\n",
    ),
    Mail(
        "a frozen bounce",
        "From: Mail Delivery System <Mailer-Daemon@mx.example.net>\nTo: postmaster@example.net\nSubject: Message frozen",
        "Message 1abc-0001 is frozen: the bounce to <bob@example.com> could not be delivered.\n",
    ),
    Mail(
        "a postmaster tells of a bad morning",
        "From: Postmaster <postmaster@example.org>\nTo: us@example.net\nSubject: Mail delivery problems",
        "Between 8 and 10 our mail server could not deliver messages to students (list@example.org). All delayed messages "
        "have been delivered by now.\n",
    ),
)
