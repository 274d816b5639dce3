"""Status fields inside the text for people: reports whose MIME structure was lost or never made (Amazon WorkMail)."""

import re

from ..mail import Mail
from ..report import Report
from ..standard import read_status

_START = re.compile(
    r"^[ \t]{0,10}(?:reporting-mta|final-recipient|original-recipient)[ \t]?:", re.IGNORECASE | re.MULTILINE
)
_ACTION = re.compile(r"^[ \t]{0,10}action[ \t]?:", re.IGNORECASE | re.MULTILINE)
_END = re.compile(r"^(?:--\S|content-type:|received:|return-path:)", re.IGNORECASE | re.MULTILINE)


def read(mail: Mail) -> Report | None:
    text = mail.notice.text
    start = _START.search(text)
    if start is None or not _ACTION.search(text):
        return None
    end = _END.search(text, start.end())
    lines = text[start.start() : end.start() if end else len(text)].split("\n")
    indent = len(lines[0]) - len(lines[0].lstrip())
    return read_status(
        mail, "\n".join(line[indent:] if line[:indent].isspace() else line for line in lines), "embedded"
    )
