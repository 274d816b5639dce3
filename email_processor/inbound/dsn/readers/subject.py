"""Reports that name the recipient in their subject alone: "Undeliverable: a@b"."""

from ..found import Found, report
from ..mail import Mail
from ..notice import ADDRESSES, told
from ..report import Report


def read(mail: Mail) -> Report | None:
    if not mail.has_report_subject:
        return None
    named = [one for one in ADDRESSES.findall(mail.subject[:500]) if one.lower() not in mail.own_addresses]
    return report(mail, "subject", (Found(address, told(mail.notice.lines)) for address in named))
