"""Reports that name no recipient: the mail they return was for one address only, so that is who is meant."""

import re

from ..found import Found, report
from ..mail import Mail
from ..notice import ADDRESSES, told
from ..report import Report

_FOR = re.compile(r"\bfor <?([^\s<>;]{1,300}@[^\s<>;]{1,300})>?")
_RECIPIENT_HEADERS = ("x-envelope-to", "envelope-to", "x-rcpt-to", "delivered-to", "to")


def read(mail: Mail) -> Report | None:
    address = _only_recipient(mail)
    return report(mail, "returned", [Found(address, told(mail.notice.lines))] if address else [])


def _only_recipient(mail: Mail) -> str:
    for name in _RECIPIENT_HEADERS:
        addresses = ADDRESSES.findall(mail.original_header(name)[:2_000])
        if addresses:
            return str(addresses[0]) if len(addresses) == 1 and not mail.original_header("cc") else ""
    received = _FOR.findall(mail.original_header("received"))
    return str(received[0]) if received else ""
