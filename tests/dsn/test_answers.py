"""What large providers and filters answer, and the class it is for the people who read it."""

import pytest

from email_processor.inbound.dsn.fields import best_status
from email_processor.inbound.dsn.reasons import explain
from email_processor.inbound.dsn.report import Action

ANSWERS = {
    "user_unknown": (
        "550-5.1.1 The email account that you tried to reach does not exist. Please try double-checking the address",
        "550 5.4.1 Recipient address rejected: Access denied. [x.prod.example.com]",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient x@example.com not found by SMTP address lookup",
        "550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found",
        "554 delivery error: dd This user doesn't have a yahoo.com account (x@yahoo.com) [0]",
        "552 1 Requested mail action aborted, mailbox not found",
        "550 The recipient may contain a non-existent account, please check the recipient address.",
        "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR204_416 [416]",
        "550 Message was not accepted -- invalid mailbox. Local mailbox x@mail.example is unavailable: user not found",
        "550 5.7.1 No such user!",
        "550 No such person at this address",
        "550-5.1.1 Not our Customer",
        "550 #5.1.0 Address rejected.",
        "553 5.3.0 <x@example.com>... Addressee unknown, relay=[192.0.2.1]",
        "550 Mr. Smith has left the company",
        "550 5.1.1 sorry, no mailbox here by that name. (#5.7.17)",
        "550 5.7.1 <x@example.com>: Recipient address rejected: undeliverable address",
        "550 unrouteable address",
        "550 Callout verification failed: 550 no such user",
        "User bob (bob@example.com) not listed in Domino Directory",
    ),
    "host_unknown": (
        "550 5.4.310 DNS domain example.invalid does not exist [Message=InfoDomainNonexistent]",
        "550 5.4.4 SMTPSEND.DNS.NonExistentDomain; nonexistent domain",
        "DNS Error: DNS type 'mx' lookup of example.invalid responded with code NXDOMAIN Domain name not found",
        "550 5.1.2 sorry, I couldn't find any host named example.invalid. (#5.1.2)",
        'Unrouteable mail domain "example.invalid"',
        "550 5.4.4 Invalid domain name or no MX records",
        "Host or domain name not found. Name service error for name=example.invalid type=AAAA: Host not found",
    ),
    "mailbox_full": (
        "452-4.2.2 The recipient's inbox is out of storage space. Please direct the recipient to",
        "552 5.2.2 STOREDRV.Deliver; mailbox full. The following information should help identify the cause",
        "432 4.3.2 STOREDRV.Deliver; QuotaExceededException: mailbox quota exceeded",
        "552 5.2.2 <x@icloud.example>: user is over quota",
        "550 5.1.1 <x@example.com> User over quota; OFR_417",
        "422 The recipient's mailbox is over its storage limit",
        "552 Requested mail action aborted: exceeded storage allocation",
        "450 4.2.2 Mailbox quota has been exceeded",
        "4.2.2 (full) The mailbox has no room left",
    ),
    "suspended": (
        "550-5.2.1 The email account that you tried to reach is disabled",
        "554 30 Sorry, your message to x@yahoo.example cannot be delivered. This mailbox is disabled (554.30).",
        "550 Invalid User, the account is forbidden",
        "550 5.2.1 The email account that you tried to reach is inactive",
        "550 Message was not accepted -- invalid mailbox. Local mailbox x is unavailable: account is disabled",
        "550 mailbox has been closed",
        "550 5.1.1 This account has been archived and takes no mail",
    ),
    "too_big": (
        "552-5.3.4 Your message exceeded Google's message size limits.",
        "550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient",
        "554 message exceeds max header size",
    ),
    "blocked": (
        "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider "
        "since part of their network is on our block list (S3140).",
        "550 5.7.606 Access denied, banned sending IP [192.0.2.1]",
        "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus's list",
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
        "550 5.7.708 Access denied, traffic not accepted from this IP",
        "554 5.7.1 Service unavailable; Client host blocked using Barracuda Reputation; http://www.barracudanetworks.com/",
        "554-mx.example.com Your access to this mail system has been rejected due to the sending MTA's poor reputation",
        "550 5.7.0 Blocked - see https://support.example.com/en-us/HT204137",
        "554 IP=192.0.2.1 - A problem occurred. Ask your postmaster for help or to contact tosa@rx.t-online.example",
        "521 5.2.1 :  (HVU:B1)  https://postmaster.example.com/error-codes#554hvub1",
        "550 OFR_999 Service refuse. Veuillez essayer plus tard.",
        "553 Suspected bounce attacks",
    ),
    "bad_reputation": (
        "550-5.7.1 Our system has detected that this message is suspicious due to the very low reputation of the sending IP",
        "421 HL:REP 163 smtp, the IP has a bad sending record",
        "550 csi.mimecast.org Poor Reputation Sender",
    ),
    "authentication": (
        "550-5.7.26 This mail has been blocked because the sender is unauthenticated. DKIM = did not pass",
        "550-5.7.1 This message does not have authentication information or fails to pass authentication checks",
        "550 5.7.515 Access denied, sending domain example.org does not meet the required authentication level.",
        "550-5.7.1 [192.0.2.1] Our system has detected that this message does not meet IPv6 sending guidelines",
        "550 5.7.509 Access denied, sending domain example.org does not pass DMARC verification",
        "550 Rejected by header based Anti-Spoofing policy",
    ),
    "require_ptr": (
        "550-5.7.25 The IP address sending this message does not have a PTR record setup",
        "554-Bad DNS PTR resource record.",
        "550 5.7.1 Client host rejected: cannot find your reverse hostname",
    ),
    "rate_limited": (
        "421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your IP address",
        "450-4.2.1 The user you are trying to contact is receiving mail too quickly.",
        "550 5.4.5 Daily user sending limit exceeded",
        "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
        "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints",
        "550 5.2.121 RESOLVER.RST.RecipientThrottled; the recipient's per hour message receive limit was exceeded",
        "550 Domain frequency limited [x]",
    ),
    "too_many_conn": (
        "421 Too many concurrent SMTP connections; please try again later.",
        "421 4.7.0 Too many sessions opened",
    ),
    "policy": (
        "554 5.7.9 Message not accepted for policy reasons. See https://postmaster.example.com/error-codes",
        "550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy",
        "554 5.7.1 [CS01] Message rejected due to local policy. Please visit https://support.example.com/",
        "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required",
        "550 Administrative prohibition",
        "554 Email rejected due to security policies",
        "550 5.7.520 Access denied, Your organization does not allow external forwarding.",
        "550 5.7.1 Message bounced by administrator",
    ),
    "spam": (
        "554 5.7.1 Message rejected under suspicion of SPAM; https://ya.example/1IrBc",
        "550 spam message rejected. Please visit http://help.mail.example/notspam-support/id?c=1",
        "554 DT:SPM 163 smtp1, please see http://mail.163.example/help/help_spam_16.htm",
        "550 5.7.1 Message blocked due to spam content in the message.",
        "550-5.7.1 Our system has detected that this message is likely unsolicited mail.",
        "550 High probability of spam",
        "550 Message contained spam content (UBE)",
    ),
    "virus": (
        "552-5.7.0 This message was blocked because its content presents a potential security issue.",
        "554 5.7.1 The message was rejected because it contains prohibited virus: EICAR",
    ),
    "content": (
        "550 5.7.1 Message rejected: attachment type .exe is not allowed",
        "550 Mail content denied",
    ),
    "rejected": (
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        "550 5.1.8 Access denied, bad outbound sender",
        "553 5.1.8 <us@example.net>... Domain of sender address us@example.net does not exist",
        "550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains",
        "553 Requested action not taken: NULL sender is not allowed",
        "550 Sender verify failed",
    ),
    "filtered": (
        "550 5.7.1 Delivery not authorized, message refused: rejected by the recipient's rules",
        "550 you are not on the recipient's list of allowed senders",
    ),
    "relaying_denied": (
        "554 5.7.1 <x@example.com>: Relay access denied",
        "550 5.7.64 TenantAttribution; Relay Access Denied",
        "550 relay not permitted",
    ),
    "failed_starttls": (
        "550 5.7.323 tlsa-invalid: The domain failed DANE validation",
        "530 5.7.0 Must issue a STARTTLS command first",
    ),
    "expired": (
        "550 5.4.317 Message expired, cannot connect to remote server",
        "550 4.4.7 QUEUE.Expired; message expired",
        "451 4.7.1 Greylisting in action, please come back later",
        "5.x.1 - Maximum number of delivery attempts exceeded.",
        "retry timeout exceeded",
        "454 4.7.0 The recipient server did not accept our requests to connect",
    ),
    "network": (
        "554 5.4.14 Hop count exceeded - possible mail loop ATTR34",
        "550 5.4.4 SMTPSEND.DNS.MxLoopback; DNS records for this domain are configured in a loop",
        "Remote host closed connection unexpectedly",
        "DNS Error: DNS type 'mx' lookup responded with code SERVFAIL",
    ),
    "system": (
        "550 5.2.0 STOREDRV.Deliver.Exception:StoragePermanentException.MapiExceptionCorruptData",
        "451 4.3.0 Internal resources are temporarily unavailable",
        "451 4.3.5 Server configuration problem",
    ),
    "not_accept": (
        "556 5.1.10 Domain example.com does not accept mail (nullMX)",
        "550 5.1.10 Recipient address has null MX",
    ),
}
"""By class, servers' words as they stand in Diagnostic-Code."""


@pytest.mark.parametrize(("word", "answer"), [(word, one) for word, answers in ANSWERS.items() for one in answers])
def test_it_knows_the_class_of_an_answer(word: str, answer: str) -> None:
    assert explain(best_status("", answer, Action.FAILED), answer).word == word
