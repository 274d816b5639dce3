"""A made-up mail of a family of mail systems, and what is to be read in it. Beside it: every mail returned is this one."""

import re
from dataclasses import dataclass

from email_processor.inbound.dsn import Action

RETURNED = """\
Return-Path: <us@example.net>
Received: from a.example.net by mx.example.org; Sun, 22 Nov 2026 10:00:00 +0000
From: Us <us@example.net>
To: bob@example.com
Subject: offer
Message-ID: <offer-1@example.net>

Hello Bob, the parcel will be delivered to ann@example.com
"""
DAEMON = "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example.org>\n"
POSTMASTER = "Return-Path: <>\nFrom: Postmaster <postmaster@example.org>\n"

_ANNOUNCED = re.compile(r"(?:follows?\.?|[:*=-])\s*$")


@dataclass(frozen=True)
class Case:
    """`addresses` in the order of the report; `reason`, `status` and `action` are those of the first."""

    name: str
    headers: str
    text: str
    reason: str
    status: str = "5.0.0"
    action: Action = Action.FAILED
    addresses: tuple[str, ...] = ("bob@example.com",)

    @property
    def mail(self) -> bytes:
        """The returned mail stands below a notice whose last line announces it."""
        returned = RETURNED if _ANNOUNCED.search(self.text) else ""
        return f"{self.headers.rstrip()}\nMIME-Version: 1.0\n\n{self.text}{returned}".encode()
