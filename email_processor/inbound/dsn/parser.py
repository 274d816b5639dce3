"""From the bytes of a mail to a Report: the readers in order, the standard one first."""

from . import mime, standard
from .mail import Mail
from .readers import FREE_TEXT, GUESSES, STRUCTURED, Reader
from .report import Report


def parse(raw: bytes) -> Report | None:
    """The delivery report in a mail of any origin, None if it is none. Never raises.

    Looks at the first limits.MAIL_BYTES only. What RFC 3464 and RFC 6533 define is read first; other forms after.
    """
    return parse_mail(Mail(mime.parse(raw)))


def parse_mail(mail: Mail) -> Report | None:
    report = standard.read(mail) or _first(STRUCTURED, mail)
    if report is None and mail.is_free_text_report:
        report = _first(FREE_TEXT, mail) or _wrapped(mail) or _first(GUESSES, mail)
        return report and standard.with_message_fields(report, mail)
    return report or (_wrapped(mail) if mail.is_from_daemon or not mail.has_own_text else None)


def _first(readers: tuple[Reader, ...], mail: Mail) -> Report | None:
    return next((report for reader in readers if (report := reader(mail)) is not None), None)


def _wrapped(mail: Mail) -> Report | None:
    """A report passed on whole, by a gateway or without a word: not a person's writing about it."""
    enclosed = mail.enclosed
    return standard.read(enclosed) if enclosed is not None and enclosed.is_report else None
