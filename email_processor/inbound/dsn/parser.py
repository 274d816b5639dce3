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
    return _parse(mail.marked_as_spam or mail)


def _parse(mail: Mail) -> Report | None:
    report = standard.read(mail) or _first(STRUCTURED, mail)
    if report is None and mail.is_free_text_report:
        report = _first(FREE_TEXT, mail) or _wrapped(mail) or _first(GUESSES, mail)
        return report and standard.with_message_fields(report, mail)
    return report or _wrapped(mail)


def _first(readers: tuple[Reader, ...], mail: Mail) -> Report | None:
    return next((report for reader in readers if (report := reader(mail)) is not None), None)


def _wrapped(mail: Mail) -> Report | None:
    """Reports passed on whole, by a mail system or without a word: not a person's writing about them."""
    if mail.is_from_person or (mail.has_own_text and not mail.is_from_daemon):
        return None
    reports = [_enclosed(one, is_alone=not mail.has_own_text) for one in mail.enclosed]
    found = [report for report in reports if report is not None]
    is_letter_among_them = len(found) < len(reports) and not mail.is_from_daemon
    return standard.join(found) if found and not is_letter_among_them else None


def _enclosed(mail: Mail, *, is_alone: bool) -> Report | None:
    """Free text is read where nothing stands above it: below a notice it is the mail that the notice returns."""
    if mail.is_report:
        return standard.read(mail)
    return _first(FREE_TEXT, mail) if is_alone and mail.is_surely_daemon and mail.is_free_text_report else None
