"""The fields of a message/delivery-status part: blocks, and what single values mean (RFC 3464 2.1; RFC 6533)."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from . import limits
from .mime import unfold
from .report import Action, Field

MESSAGE_FIELDS = frozenset(
    {"original-envelope-id", "reporting-mta", "dsn-gateway", "received-from-mta", "arrival-date"}
)
RECIPIENT_FIELDS = frozenset(
    {
        "original-recipient",
        "final-recipient",
        "action",
        "status",
        "remote-mta",
        "diagnostic-code",
        "last-attempt-date",
        "final-log-id",
        "will-retry-until",
        "localized-diagnostic",
        "x-actual-recipient",
    }
)
_MARKERS = frozenset({"final-recipient", "original-recipient", "action", "status"})
_ADDRESSES = frozenset({"final-recipient", "original-recipient", "x-actual-recipient"})

_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_TYPE = re.compile(r"\s*([A-Za-z][A-Za-z0-9.-]{0,40})\s*;\s*")
_XTEXT = re.compile(r"\+(?![0-9A-F]{2})")
_HEXCHAR = re.compile(r"((?:\+[0-9A-F]{2})+)")
_UNICODE = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_SCHEME = re.compile(r"(?:mailto|smtp|rfc822):(?=[^\s:]{1,320}@)", re.IGNORECASE)
_BEHIND = re.compile(r"^([^\s()\"]{1,320}@[^\s()]{1,255})[ \t][^\n]{0,500}$")
_ANGLED = re.compile(r"<([^<>]{1,1000})>")
_STATUS = re.compile(r"(?<![\w.])([245])\.(\d{1,3})\.(\d{1,3})(?![\w])(?!\.\d)")
_REPLY_STATUS = re.compile(r"(?<!\d)[245]\d\d[ -]{1,3}[#(\[]?(([245])\.\d{1,3}\.\d{1,3})(?![\w])(?!\.\d)")
_REPLY = re.compile(r"(?<![\w.@-])([245][0-5]\d)(?=[ -]|$)|code[ :=#]{1,3}([45][0-5]\d)\b", re.IGNORECASE)
_DATE = re.compile(
    r"(?:[A-Za-z]{3}, )?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)(?: \([\w+-]{1,10}\))?$",
    re.ASCII,
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_ACTIONS = (
    (("deliver",), Action.DELIVERED),
    (("relay",), Action.RELAYED),
    (("expand",), Action.EXPANDED),
    (("delay", "defer", "transient", "warn", "queued"), Action.DELAYED),
    (("fail", "undeliver", "bounce", "error", "reject", "drop", "denied", "permanent"), Action.FAILED),
)


class Block(list[Field]):
    """Fields in order, with a look-up of the first of a name."""

    def get(self, name: str) -> str:
        return self.values().get(name, "")

    def values(self) -> dict[str, str]:
        """The first value of each name, names in lower case."""
        return {key.lower(): value for key, value in reversed(self)}

    @property
    def names(self) -> set[str]:
        return {key.lower() for key, _ in self}


def split_blocks(text: str) -> tuple[Block, list[Block], bool]:
    """Per-message fields, recipients' blocks, and whether there were more than limits.RECIPIENTS.

    Takes what the wild sends: no per-message block, several recipients without a blank line between them,
    a blank line after every field, trailing blocks that belong to no recipient.
    """
    message, recipients = Block(), list[Block]()
    paragraphs = _BLANK_LINE.split(text, limits.PARAGRAPHS)
    for paragraph in paragraphs[: limits.PARAGRAPHS]:
        if len(recipients) > limits.RECIPIENTS:
            break
        _add_block(Block(unfold(paragraph, limits.FIELDS)), message, recipients)
    kept = [block for block in recipients if block.names & _ADDRESSES]
    more = len(kept) > limits.RECIPIENTS or len(paragraphs) > limits.PARAGRAPHS
    return message, kept[: limits.RECIPIENTS], more


def _add_block(block: Block, message: Block, recipients: list[Block]) -> None:
    names = block.names
    if not names & RECIPIENT_FIELDS:
        (recipients[-1] if recipients and not names & MESSAGE_FIELDS else message).extend(block)
    elif recipients and "final-recipient" not in names and not names & recipients[-1].names:
        recipients[-1].extend(block)
    elif len(names) == len(block) and not names & MESSAGE_FIELDS and recipients and recipients[-1].names & _ADDRESSES:
        recipients.append(block)
    else:
        _add_recipients(block, message, recipients)


def _add_recipients(block: Block, message: Block, recipients: list[Block]) -> None:
    current, seen = Block(), set[str]()
    for name, value in block:
        key = name.lower()
        if key in MESSAGE_FIELDS:
            message.append((name, value))
            continue
        if key in seen and key in _MARKERS:
            recipients.append(current)
            current, seen = Block(), set[str]()
        if not seen & RECIPIENT_FIELDS and key not in RECIPIENT_FIELDS and message and not recipients:
            message.append((name, value))
            continue
        current.append((name, value))
        seen.add(key)
    if recipients and not recipients[-1].names & _ADDRESSES and not recipients[-1].names & current.names:
        recipients[-1].extend(current)
    elif current:
        recipients.append(current)


def split_type(value: str) -> tuple[str, str]:
    """`rfc822; a@b` as ("rfc822", "a@b"); the type is "" where there is none. In lower case."""
    match = _TYPE.match(value)
    return (match[1].lower(), value[match.end() :].strip()) if match else ("", value.strip())


def address(value: str) -> str:
    """The address of a typed field without type, brackets and what follows; xtext (RFC 3461 4), \\x{} (RFC 6533 3) decoded."""
    kind, text = split_type(value)
    angled = _ANGLED.search(text)
    if angled and "@" in angled[1]:
        text = angled[1].strip()
    elif text.startswith("<"):
        text = text.strip("<>").strip()
    if kind == "utf-8":
        text = _UNICODE.sub(_unicode_character, text)
    return decode_xtext(_BEHIND.sub(r"\1", _SCHEME.sub("", text)))


def _unicode_character(match: re.Match[str]) -> str:
    point = int(match[1], 16)
    return match[0] if point > 0x10FFFF or 0xD800 <= point < 0xE000 else chr(point)


def decode_xtext(text: str) -> str:
    """xtext decoded, where the text can be nothing else: `joe+AB@x` is a subaddress, `joe+2BAB@x` encodes one."""
    if "+" not in text or _XTEXT.search(text):
        return text
    decoded = _HEXCHAR.sub(_hex_characters, text)
    return decoded if "\ufffd" not in decoded else text


def _hex_characters(match: re.Match[str]) -> str:
    data = bytes.fromhex(match[1].replace("+", ""))
    if any(33 <= byte <= 126 and byte not in b"+=" for byte in data):  # RFC 3461 4: these are never encoded
        return "\ufffd"
    return data.decode("utf-8", "replace")


def date(value: str) -> datetime | None:
    """RFC 5322 date in UTC, None where there is none. A date without zone is taken as UTC."""
    try:
        return _usual_date(value) or _any_date(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _usual_date(value: str) -> datetime | None:
    """The form nearly all servers write, ten times as fast as the library's parser."""
    match = _DATE.match(value)
    month = _MONTHS.get(match[2].lower()) if match else None
    if match is None or month is None:
        return None
    local = datetime(int(match[3]), month, int(match[1]), int(match[4]), int(match[5]), int(match[6]), tzinfo=UTC)
    offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
    return local - offset if match[7] == "+" else local + offset


def _any_date(value: str) -> datetime:
    parsed = parsedate_to_datetime(value[:100])
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)


def action(value: str) -> Action | None:
    word = value.strip().lower()[:40]
    return next((action for prefixes, action in _ACTIONS if word.startswith(prefixes)), None)


@lru_cache(maxsize=512)
def statuses(text: str) -> tuple[str, ...]:
    """Enhanced status codes (RFC 3463) in the text, those that follow a reply code first; never parts of IP addresses."""
    text = text[: limits.LINE_CHARACTERS]
    if "." not in text:
        return ()
    found = [_normal(match[1]) for match in _REPLY_STATUS.finditer(text)]
    found += [_normal(match[0]) for match in _STATUS.finditer(text)]
    return tuple(status for status in dict.fromkeys(found) if int(status.split(".")[1]) <= 7)


def _normal(status: str) -> str:
    return ".".join(str(int(number)) for number in status.split("."))


@lru_cache(maxsize=512)
def reply_code(text: str) -> str:
    """The first SMTP reply code in the text, "" if none."""
    match = _REPLY.search(text[: limits.LINE_CHARACTERS])
    return (match[1] or match[2]) if match else ""


def is_vague(status: str) -> bool:
    """True for x.0.0, which says nothing but the class."""
    return status.endswith(".0.0")


def best_status(reported: str, diagnostic: str, action: Action) -> str:
    """The most telling enhanced status: some servers write 5.0.0 and put the truth into the diagnostic (Exim does).

    Where neither holds one, the class of the reply code or of the action (5.0.0, 4.0.0, 2.0.0).
    """
    own = next(iter(statuses(reported)), "")
    if own and not is_vague(own):
        return own
    classes = {Action.FAILED: "54", Action.DELAYED: "4"}.get(action, "2")
    others = [status for status in statuses(diagnostic) if status[0] in classes and not is_vague(status)]
    same_class = [status for status in others if own and status[0] == own[0]]
    if same_class or others:
        return (same_class or others)[0]
    if own:
        return own
    code = reply_code(diagnostic)
    return f"{code[0] if code[:1] in tuple(classes) else classes[0]}.0.0"
