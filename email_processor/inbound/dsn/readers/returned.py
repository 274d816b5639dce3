"""Reports that name no recipient: the mail they return was for one address only, or they speak of its local part."""

import re
from collections.abc import Iterable

from ..found import Found, report
from ..mail import Mail
from ..notice import ADDRESSES, told
from ..report import Report

_FOR = re.compile(r"\bfor <?([^\s<>;]{1,300}@[^\s<>;]{1,300})>?")
_RECIPIENT_HEADERS = ("x-envelope-to", "envelope-to", "x-rcpt-to", "delivered-to", "to")
_WORD = re.compile(r"[\w.+-]{3,64}")


def read(mail: Mail) -> Report | None:
    return report(mail, "returned", (Found(address, told(mail.notice.lines)) for address in _recipients(mail)))


def _recipients(mail: Mail) -> list[str]:
    for name in _RECIPIENT_HEADERS:
        addresses = ADDRESSES.findall(mail.original_header(name)[:2_000])
        if len(addresses) == 1 and not mail.original_header("cc"):
            return addresses
        if addresses:
            addresses += ADDRESSES.findall(mail.original_header("cc")[:2_000])
            return _spoken_of(mail, addresses) or _received_for(mail)
    return _received_for(mail)


def _received_for(mail: Mail) -> list[str]:
    return _FOR.findall(mail.original_header("received"))[:1]


def _spoken_of(mail: Mail, addresses: Iterable[str]) -> list[str]:
    words = {word.strip(".").lower() for word in _WORD.findall(mail.notice.text[:4_000])}
    return [address for address in addresses if address.partition("@")[0].lower() in words]
