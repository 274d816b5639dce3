"""From the bytes of a mail to a Report: the readers in order, the standard one first."""

from collections.abc import Callable

from . import mime, standard
from .mail import Mail
from .report import Report

Reader = Callable[[Mail], Report | None]

READERS: tuple[Reader, ...] = (standard.read,)


def parse(raw: bytes) -> Report | None:
    """The delivery report in a mail of any origin, None if it is none. Never raises.

    Looks at the first limits.MAIL_BYTES only. What RFC 3464 and RFC 6533 define is read first; other forms after.
    """
    return parse_mail(Mail(mime.parse(raw)))


def parse_mail(mail: Mail) -> Report | None:
    return next((report for reader in READERS if (report := reader(mail)) is not None), None)
