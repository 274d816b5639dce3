"""Notices in the manner of mail providers, mobile carriers and filters; the mails are made up."""

from email_processor.inbound.dsn import Action

from .families import DAEMON, POSTMASTER, Case

PROVIDERS = (
    Case(
        "yahoo, many",
        "From: MAILER-DAEMON@yahoo.com\nSubject: Failure Notice",
        """\
Sorry, we were unable to deliver your message to the following address.

<bob@example.com>:
552: 5.2.2 mailbox full

<ann@example.com>:
554: delivery error: dd Sorry your message to ann@example.com cannot be delivered. This account has
been disabled or discontinued [#102]. - mta1.example.com

--- Below this line is a copy of the message.
""",
        "mailbox_full",
        "5.2.2",
        addresses=("bob@example.com", "ann@example.com"),
    ),
    Case(
        "yahoo for another domain",
        "Return-Path: <>\nFrom: MAILER-DAEMON@yahoo.com\nSubject: failure delivery",
        """\
Message from  yahoo.com.
Unable to deliver message to the following address(es).

<bob@example.com>:
Sorry your message to bob@example.com cannot be delivered.  This account has been disabled or discontinued.

--- Original message follows.
""",
        "suspended",
    ),
    Case(
        "aol",
        "From: MAILER-DAEMON@aol.com\nSubject: Mail Delivery Problem",
        """\
Your mail to the following recipients could not be delivered because they are not accepting mail from us@example.net:

\tbob@example.com

""",
        "filtered",
    ),
    Case(
        "hotmail of old",
        "From: postmaster@mail.hotmail.com\nSubject: Delivery Status Notification (Failure)",
        """\
This is an automatically generated Delivery Status Notification.

Unable to deliver message to the following recipients, due to being unable to connect successfully
to the destination mail server.

       bob@example.com

""",
        "network",
    ),
    Case(
        "gmail, is still trying",
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\n"
        "X-Failed-Recipients: bob@example.com\n"
        "Subject: Delivery Status Notification (Delay)",
        """\
** Delivery incomplete **

There was a temporary problem delivering your message to bob@example.com. Gmail will retry for 46
more hours. You'll be notified if the delivery fails permanently.

The response was:

The recipient server did not accept our requests to connect. Learn more at https://support.google.com/mail/answer/7720
[mx.example.com. 192.0.2.1: timed out]
""",
        "expired",
        "4.0.0",
        Action.DELAYED,
    ),
    Case(
        "gmail, blocked",
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\n"
        "Subject: Delivery Status Notification (Failure)",
        """\
** Message blocked **

Your message to bob@example.com has been blocked. See technical details below for more information.

The response was:

550 5.7.1 Unauthenticated email from example.net is not accepted due to domain's DMARC policy.
""",
        "authentication",
        "5.7.1",
    ),
    Case(
        "mail.ru",
        "Return-Path: <>\nFrom: mailer-daemon@corp.mail.ru\nSubject: Mail failure.",
        """\
Это письмо создано автоматически сервером Mail.Ru, отвечать на него не нужно.

К сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:

**********************

bob@example.com
    SMTP error from remote mail server after RCPT TO:<bob@example.com>:
    550 spam message rejected. Please visit http://help.mail.ru/notspam-support/id

**********************
""",
        "spam",
    ),
    Case(
        "gmx",
        "Return-Path: <>\nFrom: GMX Mailer Daemon <mailer-daemon@gmx.example>\n"
        "Subject: Mail delivery failed: returning message to sender",
        """\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of
its recipients. This is a permanent error. The following address
failed:

"bob@example.com":
SMTP error from remote server after RCPT command:
host: mx.example.com
5.1.1 <bob@example.com>... User Unknown


--- The header of the original message is following. ---
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "1&1",
        "Return-Path: <>\nFrom: Mail Delivery System <mailer-daemon@kundenserver.example>\n"
        "Subject: Mail delivery failed: returning message to sender",
        """\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error.

The following address failed:

  bob@example.com

For the following reason:

Mail size limit exceeded. For explanation visit
http://postmaster.example.com/en/error-messages?ip=192.0.2.1

--- The header of the original message is following. ---
""",
        "too_big",
    ),
    Case(
        "t-online",
        "Return-Path: <>\nFrom: Mail Delivery System <mailer-daemon@t-online.example>\n"
        "Subject: Mail delivery failed: returning message to sender",
        """\
|------------------------- Message log follows: -------------------------|
|------------------------- Failed addresses follow: ---------------------|
 <bob@example.com> ... transport smtp: 550 5.1.1 unknown user
|------------------------- Message text follows: ------------------------|
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "orange",
        "Return-Path: <>\nFrom: mailer-daemon@orange.example\nSubject: Message non remis / Undelivered mail",
        """\
Bonjour,

Votre message n'a pas pu être remis au destinataire suivant :

<bob@example.com>: 550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient.
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "libero",
        "Return-Path: <>\nFrom: MAILER-DAEMON@libero.example\nSubject: Avviso di mancata consegna",
        """\
Il messaggio non è stato consegnato ai seguenti destinatari:

bob@example.com
Motivo: 552 5.2.2 La casella del destinatario è piena
""",
        "mailbox_full",
        "5.2.2",
    ),
    Case(
        "terra",
        "Return-Path: <>\nFrom: MAILER-DAEMON@terra.example\nSubject: Erro no envio de mensagem",
        """\
Sua mensagem não pôde ser entregue aos seguintes destinatários:

<bob@example.com>:
caixa postal cheia
""",
        "mailbox_full",
    ),
    Case(
        "qq",
        "Return-Path: <>\nFrom: PostMaster@qq.com\nSubject: =?utf-8?b?57O757uf6YCA5L+h?=",
        """\
您发送的邮件被退回，原因如下：

收件人：bob@example.com
退信原因：收件人邮件地址（bob@example.com）不存在，邮件无法送达。
host mx.example.com said: 550 Mailbox not found
""",
        "user_unknown",
    ),
    Case(
        "163",
        "Return-Path: <>\nFrom: Postmaster@163.com\nSubject: =?utf-8?b?57O757uf6YCA5L+hL1N5c3RlbXMgYm91bmNl?=",
        """\
抱歉，您的邮件被退回来了……

原邮件信息：
时    间 : 2026-11-22 10:00:00
主    题 : offer
收件人 : bob@example.com
退信原因 : 550 User not found
英文说明 : 550 User not found
""",
        "user_unknown",
    ),
    Case(
        "naver",
        "Return-Path: <>\nFrom: <mail_noreply@naver.example>\n"
        "Subject: [NAVER] =?utf-8?b?66mU7J287J20IOyghOyGoeuQmOyngCDrqrvtlojsirXri4jri6Qu?=",
        """\
메일이 전송되지 못했습니다.

받는 사람: bob@example.com
실패 사유: 550 5.1.1 User unknown
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "docomo, one of several",
        "Return-Path: <>\nFrom: MAILER-DAEMON@docomo.example\nSubject: Returned mail: see transcript for details",
        """\
 The following addresses had permanent fatal errors:
<bob@example.com>
   550 Unknown user bob@example.com
""",
        "user_unknown",
    ),
    Case(
        "carrier with a full mailbox",
        "From: Postmaster@carrier.example\nSubject: Mail System Error - Returned Mail",
        """\
Your mail sent on: Sun, 22 Nov 2026 10:00:00 +0900

Could not be delivered to:

<bob@example.com>

As their mailbox is full.
""",
        "mailbox_full",
    ),
    Case(
        "carrier, not on its list",
        "From: Postmaster@carrier.example\nSubject: Mail System Error - Returned Mail",
        """\
 ----- The following addresses had delivery problems -----
<bob@example.com>

 ----- Non-delivered information -----
The number of messages in recipient's mailbox exceeded the local limit.
""",
        "mailbox_full",
    ),
    Case(
        "carrier's pager",
        "From: post_master@vtext.example\nSubject: Undeliverable Message",
        """\
Message could not be delivered to mobile.

Error: No valid recipients for this MM

TO: 15550100@vtext.example
""",
        "user_unknown",
        addresses=("15550100@vtext.example",),
    ),
    Case(
        "a filter on the way",
        DAEMON + "Subject: Undeliverable: offer",
        """\
The message could not be delivered to the following recipients:

bob@example.com: 550 5.7.1 Message rejected by content policy (virus found)

Message ID: 7f.1
""",
        "virus",
        "5.7.1",
    ),
    Case(
        "m-filter",
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <postmaster@example.org>\nSubject: failure notice",
        """\
-------server message
550 5.1.1 unknown user <bob@example.com>

-------original message
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "mcafee",
        "From: Mail Administrator <postmaster@example.org>\nSubject: Undeliverable: offer",
        """\
--- The following addresses had delivery problems ---

 <bob@example.com>   (User unknown bob@example.com)

--- The message follows
""",
        "user_unknown",
    ),
    Case(
        "mxlogic",
        "From: Mail Delivery System <mailer-daemon@mxlogic.example>\n"
        "Subject: Mail delivery failed: returning message to sender",
        """\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients.

The following address(es) failed:

<bob@example.com>:

  550 5.1.1 unknown user

""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "mailfoundry",
        "From: <postmaster@mailfoundry.example>\nReturn-Path: <>\nSubject: Message delivery has failed",
        """\
Unable to deliver message to: <bob@example.com>
Delivery failed for the following reason:
Server mx.example.com[192.0.2.1] failed with: 550 <bob@example.com> No such user here

This has been a permanent failure.  No further delivery attempts will be made.

""",
        "user_unknown",
    ),
    Case(
        "messagelabs",
        'Return-Path: <>\nFrom: "MAILER-DAEMON" <postmaster@messagelabs.example>\nSubject: Mail Delivery Failure',
        """\
This is the mail delivery agent at messagelabs.example.

I was unable to deliver your message to the following addresses:

bob@example.com

Reason: 550 bob@example.com... No such user

The message subject was: offer
The message date was: Sun, 22 Nov 2026 10:00:00 +0000
""",
        "user_unknown",
    ),
    Case(
        "mimecast",
        "Return-Path: <>\nFrom: Postmaster <postmaster@example.org>\nSubject: [Postmaster] Email Delivery Failure",
        """\
The email you sent could not be delivered to one or more recipients.

Email Details:
From: us@example.net
To: bob@example.com
Subject: offer

Reason: 550 Administrative prohibition - envelope blocked
""",
        "policy",
    ),
    Case(
        "barracuda",
        "Return-Path: <>\nFrom: postmaster@barracuda.example\n"
        "Subject: **Message you sent blocked by our bulk email filter**",
        """\
Your message to: bob@example.com
was blocked by our Spam Firewall. The email you sent with the following subject has NOT BEEN DELIVERED:

Subject: offer
""",
        "spam",
    ),
    Case(
        "ironport",
        'Return-Path: <>\nFrom: "Mail Delivery System" <MAILER-DAEMON@esa.example.org>\n'
        "Subject: Delivery Status Notification (Failure)",
        """\
The following message to <bob@example.com> was undeliverable.
The reason for the problem:
5.1.0 - Unknown address error 550-'5.1.1 <bob@example.com>: Recipient address rejected: User unknown'
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "ironport expires",
        'Return-Path: <>\nFrom: "Mail Delivery System" <MAILER-DAEMON@esa.example.org>\n'
        "Subject: Delivery Status Notification (Failure)",
        """\
The following message to <bob@example.com> was undeliverable.
The reason for the problem:
4.4.7 - 'timeout' (delivery attempts: 0)
""",
        "expired",
        "4.4.7",
    ),
    Case(
        "fortimail",
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <MAILER-DAEMON@fortimail.example>\n"
        "Subject: Returned mail: see transcript for details",
        """\
The original message was received at Sun, 22 Nov 2026 10:00:00 GMT

   ----- The following addresses had permanent fatal errors -----
<bob@example.com>

   ----- Transcript of session follows -----
... while talking to mx.example.com.:
>>> DATA
<<< 554 5.7.1 This message has been blocked because it contains FortiSpamshield blocking URL(s).
554 5.0.0 Service unavailable
""",
        "spam",
        "5.7.1",
    ),
    Case(
        "proofpoint",
        DAEMON + "Subject: Undeliverable: offer",
        """\
Your message couldn't be delivered to the following recipients:

  * bob@example.com

The reason for the problem: 5.x.1 - Maximum number of delivery attempts exceeded. [Default] 450-'4.7.1 Greylisted'
""",
        "expired",
        "4.7.1",
    ),
    Case(
        "zoho",
        "Return-Path: <>\nFrom: mailer-daemon@mail.zoho.example\nSubject: Undelivered Mail Returned to Sender",
        """\
This message was created automatically by mail delivery software.
 A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.

bob@example.com Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 <bob@example.com>... User Unknown

""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "zoho, with its own table",
        "Return-Path: <>\nFrom: mailer-daemon@mail.zoho.example\nSubject: Delivery Status Notification",
        """\
A message that you sent could not be delivered to one or more of its recipients.

[Status: Error, Address: <bob@example.com>, ResponseCode 421, , Host not reachable.]
""",
        "network",
        "4.0.0",
    ),
    Case(
        "sendgrid",
        "Return-Path: <>\nFrom: MAILER-DAEMON\nSubject: Undelivered Mail Returned to Sender",
        """\
This is an automatically generated message from SendGrid.

I'm sorry to have to tell you that your message was not able to be delivered to one of its intended recipients.

bob@example.com
550 5.1.1 user unknown
""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "a group that is none",
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\n"
        "X-Failed-Recipients: bob@example.com\n"
        "Subject: Delivery Status Notification (Failure)",
        """\
Hello us@example.net,

We're writing to let you know that the group you tried to contact (bob) may not exist, or you may
not have permission to post messages to the group. A few more details on why you weren't able to
post:

 * You might have spelled or formatted the group name incorrectly.
 * The owner of the group may have removed this group.

If you have questions related to this or any other Google Group, visit the Help Center at
http://groups.google.com/support/.
""",
        "rejected",
    ),
    Case(
        "biglobe",
        "From: postmaster@biglobe.example\nSubject: Returned mail: User unknown",
        """\
   ----- The following addresses had delivery problems -----
bob@example.com

   ----- Non-delivered information -----
The number of messages in recipient's mailbox exceeded the local limit.
""",
        "mailbox_full",
    ),
    Case(
        "activehunter",
        "From: MAILER-DAEMON@example.org\nSubject: FAILURE NOTICE :",
        """\
  ----- The following addresses had permanent fatal errors -----

>>> bob@example.com <bob@example.com>

  ----- Transcript of session follows -----
550 sorry, no mailbox here by that name (#5.1.1 - chkusr)

""",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "a list of failures",
        DAEMON + "Subject: Delivery failure",
        """\
============================================================================
      This message is generated automatically. Failed delivery list:
============================================================================

1) bob@example.com - 550 5.1.1 user unknown
2) ann@example.com - 552 5.2.2 mailbox full
""",
        "user_unknown",
        "5.1.1",
        addresses=("bob@example.com", "ann@example.com"),
    ),
    Case(
        "office 365, for people and for administrators",
        "Return-Path: <>\nFrom: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.org>\n"
        "Subject: Undeliverable: offer\nContent-Type: text/html; charset=utf-8",
        """\
<html><body><table><tr><td>Your message to bob@example.com couldn't be delivered.</td></tr>
<tr><td><b>bob</b> wasn't found at <b>example.com</b>.</td></tr>
<tr><td>us</td><td>Office 365</td><td>bob</td></tr><tr><td><b>Action Required</b></td><td></td><td>Recipient</td></tr>
<tr><td>Unknown To address</td></tr></table>
<h2>How to Fix It</h2><p>The address may be misspelled or may not exist. Contact the recipient (by phone, for example), or
forward this message to helpdesk@example.net.</p>
<h2>More Info for Email Admins</h2><p>Status code: 550 5.1.10</p>
<p>Original Message Details</p>
<table><tr><td>Sender Address:</td><td>us@example.net</td></tr><tr><td>Recipient Address:</td><td>bob@example.com</td></tr>
<tr><td>Subject:</td><td>offer</td></tr></table>
<p>Reported error: 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient bob@example.com not found by SMTP address lookup</p>
</body></html>
""",
        "user_unknown",
        "5.1.10",
    ),
    Case(
        "gmail, as HTML alone",
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\n"
        "Subject: Delivery Status Notification (Failure)\nContent-Type: text/html; charset=utf-8",
        """\
<html><body><table><tr><td><h2>Address not found</h2></td></tr>
<tr><td>Your message wasn't delivered to <a href='mailto:bob@example.com'><b>bob@example.com</b></a> because the domain
example.com couldn't be found. Check for typos or unnecessary spaces and try again.</td></tr>
<tr><td><a href="https://support.google.com/mail/?p=BadRcptDomain">LEARN MORE</a></td></tr></table>
<p>The response was:</p><p>DNS Error: DNS type 'mx' lookup of example.com responded with code NXDOMAIN</p></body></html>
""",
        "host_unknown",
    ),
    Case(
        "a limit of the sender's provider",
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nX-Failed-Recipients: bob@example.com\n"
        "Subject: Delivery Status Notification (Failure)",
        """\
** Message not sent **

You have reached a limit for sending mail. Your message to bob@example.com was not sent.
""",
        "rate_limited",
    ),
    Case(
        "yandex",
        "Return-Path: <>\nFrom: mailer-daemon@yandex.example\n"
        "Subject: =?utf-8?b?0J3QtdC00L7RgdGC0LDQstC70LXQvdC90L7QtSDRgdC+0L7QsdGJ0LXQvdC40LU=?=",
        """\
Это письмо отправлено почтовым сервером yandex.example.

К сожалению, мы вынуждены сообщить Вам о том, что Ваше письмо не может
быть отправлено одному или нескольким адресатам. Технические подробности
можно найти ниже.

<bob@example.com>: host mx.example.com[192.0.2.1] said: 550 5.7.1 No such user!
""",
        "user_unknown",
        "5.7.1",
    ),
    Case(
        "icloud",
        "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@icloud.example>\n"
        "Subject: Undelivered Mail Returned to Sender",
        """\
This is the mail system at host st11.icloud.example.

<bob@example.com>: host mx1.mail.icloud.example[192.0.2.1] said: 552 5.2.2
    <bob@example.com>: user is over quota (in reply to RCPT TO command)
""",
        "mailbox_full",
        "5.2.2",
    ),
    Case(
        "laposte",
        "Return-Path: <>\nFrom: MAILER-DAEMON@laposte.example\nSubject: Message non d=?utf-8?b?w6k=?=livr=?utf-8?b?w6k=?=",
        """\
Votre message n'a pas pu être délivré au(x) destinataire(s) suivant(s) :

<bob@example.com> : boîte aux lettres inactive
""",
        "suspended",
    ),
    Case(
        "uol",
        "Return-Path: <>\nFrom: MAILER-DAEMON@uol.example\nSubject: Erro no envio da mensagem",
        """\
A sua mensagem não foi entregue para o(s) destinatário(s) abaixo:

bob@example.com
    O usuário não existe
""",
        "user_unknown",
    ),
    Case(
        "an old free provider",
        POSTMASTER + "Subject: Undeliverable mail",
        """\
User's mailbox is full: <bob@example.com>
Unable to deliver mail.
""",
        "mailbox_full",
    ),
    Case(
        "addressed to",
        "Return-Path: <>\nFrom: Postmaster <postmaster@demon.example>\nSubject: Mail could not be delivered",
        """\
This message was created automatically by mail delivery software (v2).

Your message, addressed to 'bob@example.com', could not be delivered: the mailbox has been closed.

---- START OF RETURNED MESSAGE ----
""",
        "suspended",
    ),
    Case(
        "invalid receiver",
        "From: Electronic Postmaster <POSTMASTER@compuserve.example>\nSubject: Undeliverable Message",
        """\
Receiver not found: bob

Your message could not be delivered as addressed.

Invalid receiver address: bob@example.com
""",
        "user_unknown",
    ),
    Case(
        "a notice as HTML only",
        DAEMON + "Subject: Undeliverable: offer\nContent-Type: text/html; charset=utf-8",
        """\
<html><head><style>p {color: red}</style></head><body>
<p>Your message could not be delivered to:</p>
<ul><li><a href="mailto:bob@example.com">bob@example.com</a> &mdash; 550&nbsp;5.1.1 no such user</li></ul>
</body></html>
""",
        "user_unknown",
        "5.1.1",
    ),
)
