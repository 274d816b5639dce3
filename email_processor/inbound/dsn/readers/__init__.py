"""The readers of delivery reports, in the order they are asked.

A reader is a function from a Mail to a Report, or None if the mail is not of its kind. To add one: a module with `read`,
a line here, a sample in tests/dsn. It describes how a family of mail systems writes, never one single mail, and keeps to
the mail's own words (`mail.notice`): what a returned mail says is not the report's.
"""

from collections.abc import Callable

from ..mail import Mail
from ..report import Report
from . import amazon, dialogue, embedded, failed_header, listed, refused, returned, sendmail, sentence, subject

Reader = Callable[[Mail], Report | None]

# These know their mails by a form that no person writes.
STRUCTURED: tuple[Reader, ...] = (amazon.read, refused.read)
# These read free text, and are asked only of mails that pass Mail.is_free_text_report.
FREE_TEXT: tuple[Reader, ...] = (embedded.read, sendmail.read, listed.read, failed_header.read, dialogue.read)
# Last, where a report lists nobody: who is spoken of at all, for whom the returned mail was, who is named at all.
GUESSES: tuple[Reader, ...] = (sentence.read, subject.read, returned.read, sentence.read_alone)
