"""X-Failed-Recipients, which Exim writes, and Gmail and others after it: for notices that list no address."""

from ..found import Found, report
from ..mail import Mail
from ..notice import ADDRESSES, told
from ..report import Report


def read(mail: Mail) -> Report | None:
    addresses = ADDRESSES.findall(mail.root.header("x-failed-recipients"))
    diagnostic = told(mail.notice.lines) if addresses else ""
    return report(mail, "failed-recipients", (Found(address, diagnostic) for address in addresses))
