"""A small MIME splitter: linear in time and memory, never an exception, made for mail that breaks the rules.

The standard library's parser is exact, and slow where it hurts: it rescans per nesting level and decodes all it meets.
"""

import binascii
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from . import limits
from .report import Fields

_FIELD_NAME = re.compile(r"[!-9;-~]{1,100}[ \t]{0,10}:")
_PARAMETER = re.compile(
    r';\s{0,50}([!#-\'*+.0-9A-Z^_`a-z|~-]{1,60})\s{0,20}=\s{0,20}("(?:[^"\\]|\\.)*+"?|[^;\s"]{1,500})'
)
_ENCODED_WORD = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]{1,20})?\?([bBqQ])\?([^? ]{0,300})\?=(?:\s{1,20}(?==\?))?")
_MULTIPART_LINE = re.compile(rb"(?:^|\n)--([^\s][^\n]{0,99})\nContent-", re.IGNORECASE)
_INVISIBLE = re.compile(r"<(?:style|script|title)\b[^>]{0,500}>[^<]*+", re.IGNORECASE)
_BREAK = re.compile(r"</?(?:p|br|div|tr|td|li|table|h\d|pre|hr|blockquote|ul|ol|center)\b[^<>]{0,500}>", re.IGNORECASE)
# A name that hides an address.
_NAMED_LINK = re.compile(
    r"<a\b[^<>]{0,200}\bhref=[\"']?mailto:([^\"'<>?\s@]{1,64}@[^\"'<>?\s@]{1,255})[^<>]{0,300}>([^<>@]{1,200})</a>",
    re.IGNORECASE,
)
_PRE = re.compile(r"(</?pre\b[^<>]{0,200}>)", re.IGNORECASE)
_NEXT_DIV = re.compile(r"</div>[ \n]{0,20}<div\b[^<>]{0,500}>", re.IGNORECASE)  # the next line, none between
_TAG = re.compile(r"<(?![^\s<>]{1,300}@[^\s<>]{1,300}>)[^<>]{0,500}>")
_NOT_ASCII = ("utf-7", "utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be")
_MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/news", "text/rfc822"})


def decode_text(data: bytes, charset: str = "") -> str:
    """UTF-8 where it is, else the declared charset, else Latin-1, which never fails."""
    declared = charset.lower()
    # Valid UTF-8, too, that would say something else.
    is_other = (declared.startswith("iso-2022-") and b"\x1b" in data) or declared.endswith(_NOT_ASCII)
    names = (declared, "utf-8") if is_other else ("utf-8", declared)
    for name in names:
        try:
            return data.decode(name or "latin-1")
        except (LookupError, ValueError):
            continue
    return data.decode("latin-1")


def decode_words(value: str) -> str:
    """RFC 2047 encoded words of a header value, as text."""
    return _ENCODED_WORD.sub(_decoded_word, value) if "=?" in value else value


def _decoded_word(match: re.Match[str]) -> str:
    charset, encoding, text = match.groups()
    raw = text.encode("ascii", "ignore")
    if encoding in "bB":
        return _decode_charset(decode_base64(raw), charset)
    return _decode_charset(binascii.a2b_qp(raw, header=True), charset)


def _decode_charset(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset, "replace")
    except (LookupError, ValueError):
        return data.decode("latin-1")


def decode_base64(data: bytes) -> bytes:
    """What can be decoded, also of a cut or padded-wrong text."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        pass
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    whole = letters[: len(letters) - len(letters) % 4]
    try:
        return binascii.a2b_base64(whole)
    except binascii.Error:
        return b""


def _unquote(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:].removesuffix('"')) if value.startswith('"') else value


def newlines(data: bytes) -> bytes:
    """CRLF, CR and mixtures of them as LF; CR CR LF, which CRLF becomes where it is taken for LF, as one."""
    if b"\r" not in data:
        return data
    return data.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def unfold(text: str, most: int) -> Iterator[tuple[str, str]]:
    """Header fields in order, unfolded. A line that is no field continues the one before, as broken folding does."""
    name, value, count = "", list[str](), 0
    for line in text.split("\n", limits.FIELD_LINES)[: limits.FIELD_LINES]:
        match = None if line[:1] in (" ", "\t") else _FIELD_NAME.match(line)
        if match is None:
            if name and len(value) < limits.HEADERS:
                value.append(line.strip())
            continue
        if name:
            yield name, " ".join(value).strip()[: limits.FIELD_CHARACTERS]
        count += 1
        if count > most:
            return
        name, value = line[: match.end() - 1].rstrip(), [line[match.end() :].strip()[: limits.FIELD_CHARACTERS]]
    if name:
        yield name, " ".join(value).strip()[: limits.FIELD_CHARACTERS]


def strip_html(text: str) -> str:
    """The words of an HTML text, one line per block."""
    if not _BREAK.search(text):
        return text  # plain text called HTML
    text = _INVISIBLE.sub(" ", text)
    if "mailto:" in text:
        text = _NAMED_LINK.sub(r"\2 <\1>", text)
    lines = _TAG.sub("", _BREAK.sub("\n", _NEXT_DIV.sub("<br>", _one_line_but_in_pre(text)))).split("\n")
    return html.unescape("\n".join(line.strip() for line in lines)).replace("\N{NO-BREAK SPACE}", " ")


def _one_line_but_in_pre(text: str) -> str:
    """A line break is a blank in HTML, and a line break in its preformatted text."""
    inside, pieces = False, list[str]()
    for piece in _PRE.split(text):
        if _PRE.fullmatch(piece):
            inside = piece[1] != "/"
        pieces.append(piece.replace("\n", "<br>" if inside else " "))
    return "".join(pieces)


@dataclass(frozen=True)
class Entity:
    """A mail or a part of one: `content` is the undecoded body, with LF line ends."""

    headers: Fields
    content: bytes
    depth: int = 0

    @classmethod
    def parse(cls, raw: bytes, depth: int = 0, default_type: str = "text/plain") -> "Entity":
        head, content = _split_head(raw)
        headers = tuple(unfold(decode_text(head[: limits.HEADER_BLOCK_BYTES]), limits.HEADERS))
        if default_type != "text/plain" and not any(name.lower() == "content-type" for name, _ in headers):
            headers = (*headers, ("Content-Type", default_type))
        return cls(headers, content, depth)

    @cached_property
    def _by_name(self) -> dict[str, str]:
        return {name.lower(): value for name, value in reversed(self.headers)}

    def header(self, name: str) -> str:
        """The first field of that name, "" if there is none."""
        return self._by_name.get(name.lower(), "")

    @cached_property
    def content_type(self) -> str:
        return self.header("content-type").partition(";")[0].strip().strip('"').lower() or "text/plain"

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Of Content-Type, names in lower case, quotes removed."""
        found: dict[str, str] = {}
        for name, value in _PARAMETER.findall(self.header("content-type")):
            found.setdefault(name.lower(), _unquote(value))
        return found

    @property
    def _is_mail_file(self) -> bool:
        if self.content_type not in ("application/octet-stream", "application/eml"):
            return False
        return ".eml" in (self.header("content-disposition") + self.header("content-type")).lower()

    @cached_property
    def is_attached(self) -> bool:
        return self.header("content-disposition").lstrip().lower().startswith("attachment")

    @property
    def is_cut(self) -> bool:
        """Only the beginning of this part is read."""
        return len(self.content) > limits.PART_BYTES

    @cached_property
    def decoded(self) -> bytes:
        """The body with its transfer encoding undone, line ends LF, at most limits.PART_BYTES of it."""
        content = self.content[: limits.PART_BYTES]
        encoding = self.header("content-transfer-encoding").strip().lower()
        if encoding == "base64":
            return newlines(decode_base64(content))
        if encoding == "quoted-printable":
            return newlines(binascii.a2b_qp(content))
        return content

    @cached_property
    def text(self) -> str:
        return decode_text(self.decoded, self.parameters.get("charset", ""))

    @cached_property
    def parts(self) -> "tuple[Entity, ...]":
        """Of a multipart, at most limits.PARTS and limits.NESTING deep; () for anything else."""
        if not self.content_type.startswith("multipart/") or self.depth >= limits.NESTING:
            return ()
        boundary = self.parameters.get("boundary", "").rstrip().encode("utf-8", "surrogateescape")
        pieces = _split(self.content, boundary) if boundary else []
        if not pieces and (guessed := _MULTIPART_LINE.search(self.content[: limits.PART_BYTES])):
            pieces = _split(self.content, guessed[1].rstrip())
        default = "message/rfc822" if self.content_type == "multipart/digest" else "text/plain"
        return tuple(Entity.parse(piece, self.depth + 1, default) for piece in pieces)

    @cached_property
    def enclosed(self) -> "Entity | None":
        """The mail inside a message/rfc822 or message/global part, or in a file whose name ends like a mail's."""
        if not (self.content_type in _MESSAGE_TYPES or self._is_mail_file) or self.depth >= limits.NESTING:
            return None
        return Entity.parse(self.decoded.lstrip(b"\n"), self.depth + 1)

    def walk(self) -> "Iterator[Entity]":
        """This entity and what its multiparts hold, in order; enclosed mails are not entered."""
        waiting, seen = [self], 0
        while waiting and seen < limits.PARTS:
            entity = waiting.pop()
            seen += 1
            yield entity
            waiting.extend(reversed(entity.parts))


def parse(raw: bytes) -> Entity:
    """The first limits.MAIL_BYTES of a mail as raw bytes; an mbox "From " line before it is left out."""
    data = newlines(raw[: limits.MAIL_BYTES]).lstrip(b"\n \t")
    if data.startswith((b"From ", b">From ")):
        data = data.partition(b"\n")[2]
    return Entity.parse(data)


def _split_head(raw: bytes) -> tuple[bytes, bytes]:
    if raw.startswith(b"\n"):
        return b"", raw[1:]
    head, _, content = raw.partition(b"\n\n")
    return head, content


def _split(content: bytes, boundary: bytes) -> list[bytes]:
    """Parts between boundary lines (RFC 2046 5.1.1); a part cut off by the end of the mail counts."""
    delimiter, pieces = b"\n--" + boundary, list[bytes]()
    text = b"\n" + content
    start, position = -1, text.find(delimiter)
    while position >= 0 and len(pieces) < limits.PARTS:
        end = position + len(delimiter)
        closing = text[end : end + 2] == b"--"
        line_end = text.find(b"\n", end)
        rest = text[end + 2 * closing : line_end if line_end >= 0 else len(text)]
        if len(rest) < 200 and not rest.strip():
            if start >= 0:
                pieces.append(text[start:position])
            if closing or line_end < 0:
                return pieces
            start = line_end + 1
            position = text.find(delimiter, line_end)
        else:  # another boundary that begins like this one
            position = text.find(delimiter, end)
    if start >= 0 and len(pieces) < limits.PARTS:
        pieces.append(text[start:])
    return pieces
