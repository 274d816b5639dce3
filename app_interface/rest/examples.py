"""The examples of the OpenAPI description."""

from typing import Any

MESSAGE_ID = "019a3c1e-7b1f-7c52-9d0a-3f6d2f8e4b10"
_RECIPIENT = "019a3c1e-7b20-7d11-8a51-5a0c6f1de7a2"
_RECEIPT = "019a3c1f-02c4-7a90-b7ce-0d6a2a3f9e55"
_SESSION = "019a3c1e-9f00-7b3e-86d2-91d6b8a1c0fe"

PROBLEM_EXTRAS: dict[str, dict[str, Any]] = {
    "invalid_request": {"field": "to[0]"},
    "rate_limited": {"retry_after": 5},
    "in_progress": {"retry_after": 1},
    "internal": {"incident": "019a3c20-11aa-7f00-9c3b-6f1d2e3a4b5c"},
}
SEND = {
    "from": "Orders <orders@example.com>",
    "to": ["jo@example.net"],
    "subject": "Your order",
    "body": "It is on its way.",
}
SEND_MORE = {
    "applicationName": "main:orders",
    "from": "Orders <orders@example.com>",
    "to": ['"Doe, Jo" <jo@example.net>', {"address": "sam@example.net", "notify": "NEVER"}],
    "subject": "Your invoice",
    "body": "Please find it attached.",
    "attachments": [{"fileName": "invoice.txt", "contentType": "text/plain", "content": "NDcuMTEgRVVSCg=="}],
    "headers": {"X-Invoice": "4711"},
    "ucid": "call-0815",
    "notify": ["SUCCESS", "FAILURE", "DELAY"],
    "ret": "HDRS",
    "tellBy": "2031-01-31T08:00:00+01:00",
    "tag": ["invoice"],
    "metadata": {"customer": "17"},
}
ACCEPTED = {
    "message_id": MESSAGE_ID,
    "application": "main:orders",
    "notification": "The notification URL of main:orders will be told what the email server answers, "
    "and of delivery reports.",
    "recipients": [
        {
            "id": _RECIPIENT,
            "address": "jo@example.net",
            "kind": "to",
            "state": "queued",
            "expected_receipts": ["success", "failure"],
        }
    ],
}
BATCH = {
    "from": "Orders <orders@example.com>",
    "subject": "Your order",
    "messages": [
        {"to": ["jo@example.net"], "body": "It is on its way.", "ucid": "order-1"},
        {"to": ["sam@example.net"], "body": "It is delayed.", "from": "boss@elsewhere.example"},
    ],
}
MERGE = {
    "from": "Orders <orders@example.com>",
    "to": [
        {"address": "jo@example.net", "substitutions": {"name": "Jo", "order": "17"}},
        {"address": "sam@example.net", "substitutions": {"name": "Sam", "order": "18"}},
    ],
    "subject": "Order {{order}}",
    "body": "Dear {{name}}, it is on its way.",
}
BATCH_ANSWER = {
    "accepted": 1,
    "refused": 1,
    "results": [
        {"index": 0, "recipient": None, "email": ACCEPTED, "problem": None},
        {
            "index": 1,
            "recipient": None,
            "email": None,
            "problem": {
                "type": "https://mail.example.com/api/v1/problems/sender_not_allowed",
                "title": "Sender not allowed",
                "status": 403,
                "detail": "The zone main may not send from elsewhere.example.",
                "code": "sender_not_allowed",
                "field": "from",
                "retryable": False,
            },
        },
    ],
}
LAUNCH = {
    "applicationName": "main:orders",
    "from": "jo@example.net",
    "to": ["orders@example.com"],
    "subject": "Where is my order?",
    "body": "I am waiting.",
    "appParameters": {"topic": "tracking"},
    "parentID": "call-0815",
}
LAUNCHED = {"session_id": _SESSION}
_RECEIPT_ROW = {
    "id": _RECEIPT,
    "recipient_id": _RECIPIENT,
    "received_at": "2030-01-31T08:00:04.102000Z",
    "matched_by": "return_path",
    "evidence": "reported",
    "applied": True,
    "note": "",
    "action": "failed",
    "status": "5.1.1",
    "diagnostic": "smtp; 550 5.1.1 no such user",
    "reason": "unknown_user",
    "hard": True,
    "explanation": "There is no such mailbox.",
    "final_recipient": "rfc822;jo@example.net",
    "original_recipient": "rfc822;jo@example.net",
    "remote_mta": "dns;mx.example.net",
    "final_log_id": "",
    "reporting_mta": "dns;relay.example.com",
    "received_from_mta": "",
    "dsn_gateway": "",
    "envelope_id": MESSAGE_ID,
    "original_message_id": f"<{MESSAGE_ID}@mail.example.com>",
    "arrival": "2030-01-31T08:00:01Z",
    "last_attempt": "2030-01-31T08:00:03Z",
    "will_retry_until": None,
    "report_fields": [["Reporting-MTA", "dns; relay.example.com"]],
    "recipient_fields": [["Action", "failed"], ["Status", "5.1.1"]],
}
RECEIPT = {"message_id": MESSAGE_ID, **_RECEIPT_ROW}
EMAIL_STATUS = {
    "message_id": MESSAGE_ID,
    "message": {
        "id": MESSAGE_ID,
        "message_id_header": f"<{MESSAGE_ID}@mail.example.com>",
        "zone": "main",
        "application": "main:orders",
        "connection": "relay",
        "from": "Orders <orders@example.com>",
        "subject": "Your order",
        "ucid": "call-0815",
        "session_id": None,
        "caller_session_id": "",
        "parent_id": "",
        "tag": [],
        "metadata": {},
        "priority": "normal",
        "accepted_at": "2030-01-31T08:00:00.510000Z",
        "send_at": None,
        "expire_at": "2030-02-05T08:00:00.510000Z",
        "tell_by": None,
        "sandbox": False,
        "in_doubt": "resend",
        "envid": MESSAGE_ID,
        "ret": "HDRS",
        "size": 812,
        "smtputf8": False,
        "attachments": [],
        "summary": {"bounced": 1},
    },
    "recipients": [
        {
            "id": _RECIPIENT,
            "address": "jo@example.net",
            "kind": "to",
            "state": "bounced",
            "expected_receipts": ["success", "failure"],
            "name": "",
            "state_at": "2030-01-31T08:00:04.110000Z",
            "next_try_at": None,
            "attempts": 1,
            "notify": "SUCCESS,FAILURE",
            "orcpt": "rfc822;jo@example.net",
            "metadata": {},
            "events": [
                {
                    "sequence": 1,
                    "type": "accepted",
                    "state": "queued",
                    "at": "2030-01-31T08:00:00.510000Z",
                    "data": {},
                }
            ],
            "receipts": [_RECEIPT_ROW],
            "notifications": [],
            "timeline": [{"at": "2030-01-31T08:00:00.510000Z", "kind": "event", "title": "Accepted"}],
        }
    ],
    "sessions": [],
}

FOUND = {
    "emails": [
        {
            "message_id": MESSAGE_ID,
            "id": _RECIPIENT,
            "address": "jo@example.net",
            "kind": "to",
            "state": "bounced",
            "state_at": "2030-01-31T08:00:04.110000Z",
            "application": "main:orders",
            "from": "Orders <orders@example.com>",
            "subject": "Your order",
            "ucid": "call-0815",
            "tag": [],
            "accepted_at": "2030-01-31T08:00:00.510000Z",
        }
    ],
    "next": _RECIPIENT,
}
CANCELLED = {
    "message_id": MESSAGE_ID,
    "recipients": [
        {"id": _RECIPIENT, "address": "jo@example.net", "state": "cancelled", "cancelled": True, "why": ""},
        {
            "id": _RECEIPT,
            "address": "sam@example.net",
            "state": "sent",
            "cancelled": False,
            "why": "too late: sent cannot become cancelled",
        },
    ],
}
EVENTS = {
    "events": [
        {
            "id": _SESSION,
            "type": "email.sent",
            "timestamp": "2030-01-31T08:00:01.120000Z",
            "application": "orders",
            "zone": "main",
            "sequence": 1,
            "message": {
                "id": MESSAGE_ID,
                "message_id_header": f"<{MESSAGE_ID}@mail.example.com>",
                "ucid": "call-0815",
                "session_id": "",
                "tag": [],
                "metadata": {},
                "subject": "Your order",
            },
            "recipient": {"id": _RECIPIENT, "address": "jo@example.net", "state": "sent"},
            "smtp": {"code": 250, "enhanced": "2.0.0", "text": "queued", "host": "mx.example.net", "tls": ""},
        }
    ],
    "next": "4711-019a3c1e9f007b3e86d291d6b8a1c0fe",
}
NOTIFICATIONS = {
    "notifications": [
        {
            "application": "main:orders",
            "subject": _RECIPIENT,
            "id": _SESSION,
            "type": "email.sent",
            "sequence": 1,
            "state": "told",
            "created_at": "2030-01-31T08:00:01.120000Z",
            "settled_at": "2030-01-31T08:00:01.180000Z",
            "next_try_at": None,
            "attempts": [
                {
                    "number": 1,
                    "at": "2030-01-31T08:00:01.150000Z",
                    "url": "https://orders.example.com/notify",
                    "status": 200,
                    "problem": "",
                    "duration": 0.03,
                    "answer": "",
                }
            ],
        }
    ],
    "next": None,
}
SUPPRESSION = {
    "id": _SESSION,
    "address": "jo@example.net",
    "application": "main:orders",
    "source": "api",
    "reason": "She asked for it.",
    "created_at": "2030-01-31T08:00:00.510000Z",
    "expires_at": None,
}
TRAFFIC = {
    "since": "2030-01-24T08:00:00Z",
    "until": "2030-01-31T08:00:00Z",
    "destinations": [
        {
            "application": "main:orders",
            "domain": "example.net",
            "taken": 120,
            "asked": 100,
            "answered": 97,
            "share": 0.97,
            "came": {
                "delivered": 90,
                "relayed": 5,
                "failed": 2,
                "delayed": 1,
                "expanded": 0,
                "read": 0,
                "complained": 0,
            },
            "within": [
                {"seconds": 60.0, "receipts": 80},
                {"seconds": 600.0, "receipts": 15},
                {"seconds": 3600.0, "receipts": 2},
                {"seconds": 86400.0, "receipts": 1},
                {"seconds": None, "receipts": 0},
            ],
            "mean_seconds": 74.2,
            "silent": False,
        }
    ],
    "more": 0,
    "silent": ["example.org"],
}
STATUS_EX = {
    "started_at": "2030-01-31T07:00:00Z",
    "now": "2030-01-31T08:00:00Z",
    "counters": {"accepted": 3, "queued": 1, "sent": 2, "receipts": 0, "notifications": 2},
    "queues": [
        {"name": "send", "depth": 1, "due": 1, "age": 0.2},
        {"name": "notify", "depth": 0, "due": 0, "age": 0.0},
    ],
    "processors": [
        {
            "zone": "main",
            "host": "mail-1",
            "state": "running",
            "why": "",
            "since": "2030-01-31T07:00:00Z",
            "seen_at": "2030-01-31T07:59:50Z",
        }
    ],
    "connections": [{"name": "relay", "state": "running", "why": "", "retry_at": None}],
}
MANAGED: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "zones": ("main", {"name": "main", "sender_domains": "example.com"}, {"description": "Head office"}),
    "applications": (
        _SESSION,
        {"name": "orders", "notification_url": "https://orders.example.com/notify", "message_types": "regular"},
        {"enabled": False},
    ),
    "connections": (
        "1",
        {"name": "relay", "server": "relay.example.com", "return_path_domain": "bounces.example.com", "port": 587},
        {"enabled": False},
    ),
    "mailboxes": (
        _SESSION,
        {"name": "bounces", "server": "imap.example.com", "user_name": "bounces@example.com", "password": "hush"},
        {"poll_seconds": 300},
    ),
    "domains": ("1", {"domain": "example.com"}, {"domain": "example.com"}),
    "credentials": (
        "epm-0123456789abcdef",
        {"name": "shop", "scopes": ["send", "read"], "applications": ["orders"]},
        {"expires_at": "2031-01-31T08:00:00Z"},
    ),
}
"""For each kind: an id, what makes a new one, what changes it."""
RENEWAL = {"old_secret_until": "2030-02-07T08:00:00Z"}
SECRET = {
    "credentials": {"secret": "shown this once"},
    "applications": {"signing_secret": "whsec_c2hvd24gdGhpcyBvbmNl"},
}
_RECORD = {"name": "epm203001r1._domainkey.example.com", "type": "TXT", "value": "v=DKIM1; k=rsa; p=MIIBIjANBg…"}
SIGNING_KEY = {
    "id": _SESSION,
    "algorithm": "rsa-sha256",
    "selector": "epm203001r1",
    "state": "new",
    "record": _RECORD,
    "created_at": "2030-01-31T08:00:00.510000Z",
    "published_at": None,
    "activated_at": None,
    "retired_at": None,
}
DOMAIN_HEALTH = {
    "findings": [
        {
            "subject": "DKIM",
            "name": "epm203001r1._domainkey.example.com",
            "found": [],
            "verdict": "bad",
            "sentence": "There is no such record.",
            "publish": _RECORD,
        }
    ]
}
