"""Attachments as callers hand them over: with their content, or as URLs that are fetched before anything is accepted."""

import asyncio
import base64
import binascii
import mimetypes
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings

from app_interface import readers
from app_interface.addresses import CONTROL
from app_interface.problems import Problem, invalid
from email_processor.outbound.submission import AttachedFile
from lib.http import Answer, Client, Unreachable

UNKNOWN_TYPE = "application/octet-stream"
BATCH_LIMITS = 4
"""How many mails' worth of attachments a batch may make: every mail keeps its own copy."""
_NAME = r"[A-Za-z0-9!#$&^_.+-]{1,63}"
_FILE_NAME = rf"(?![. ]*$)[^/\\{CONTROL}]{{1,255}}"
_MEDIA_TYPE = rf"(?![Mm]ultipart/){_NAME}/{_NAME}"
_BASE64 = r"^([A-Za-z0-9+/]{4}[ \t\r\n]*)*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?[ \t\r\n]*$"
_file_name = readers.matching(_FILE_NAME, "a file name without path and control characters", maximum=255)
_content_type = readers.matching(
    rf'{_MEDIA_TYPE}(; ?{_NAME}=({_NAME}|"[ !#-\[\]-~]*"))*', "a media type like application/pdf", maximum=127
)

_content_id = readers.matching(
    r"[A-Za-z0-9._-]{1,80}(@[A-Za-z0-9._-]{1,80})?", "letters, digits, dots and dashes, like logo", maximum=161
)


def _attachment(value: Any, field: str) -> AttachedFile:
    """{fileName, contentType?, content: base64} or {url, fileName?, contentType?}; the latter comes back without bytes.

    With a contentId it is shown in the HTML.
    """
    asked = readers.mapping_of(value, field)
    for name in asked.keys() - {"fileName", "contentType", "contentId", "content", "url"}:
        raise invalid("There is no such parameter.", f"{field}.{name}")
    if ("url" in asked) == ("content" in asked):
        raise invalid("An attachment has either a url or a content.", field)
    url = readers.WEB_URL.read(asked["url"], f"{field}.url") if "url" in asked else ""
    name = _file_name.read(asked["fileName"], f"{field}.fileName") if "fileName" in asked else _name_in(url)
    if not name:
        raise invalid("An attachment with a content needs a fileName.", f"{field}.fileName")
    type = _content_type.read(asked["contentType"], f"{field}.contentType") if "contentType" in asked else ""
    content = _decoded(asked["content"], f"{field}.content") if "content" in asked else b""
    id = _content_id.read(asked["contentId"], f"{field}.contentId") if "contentId" in asked else ""
    return AttachedFile(name, type or ("" if url else _type_of(name)), content, url, id)


ATTACHMENT: readers.Reader[AttachedFile] = readers.Reader(
    _attachment,
    {
        "oneOf": [
            {
                "type": "object",
                "required": ["fileName", "content"],
                "properties": {
                    "fileName": _file_name.schema,
                    "contentType": _content_type.schema,
                    "contentId": _content_id.schema,
                    "content": {"type": "string", "contentEncoding": "base64", "pattern": _BASE64},
                },
                "additionalProperties": False,
            },
            {
                "type": "object",
                "required": ["url"],
                "properties": {
                    "url": readers.WEB_URL.schema,
                    "fileName": _file_name.schema,
                    "contentType": _content_type.schema,
                    "contentId": _content_id.schema,
                },
                "additionalProperties": False,
            },
        ]
    },
)


def check_inline(attachments: Sequence[AttachedFile], html: str) -> None:
    """Raises invalid_request where a file is to be shown in an HTML that is not there, or two by the same contentId."""
    seen: set[str] = set()
    for index, attachment in enumerate(attachments):
        if attachment.content_id and not html:
            raise invalid("There is no HTML that could show this file.", f"attachments[{index}].contentId")
        if attachment.content_id in seen:
            raise invalid("Another attachment has this contentId.", f"attachments[{index}].contentId")
        seen |= {attachment.content_id} - {""}


def fetched(attachments: Sequence[AttachedFile], seconds: float) -> tuple[AttachedFile, ...]:
    """`attachments` with the bytes of those that are URLs, all fetched within so many seconds.

    Raises attachment_unavailable, and message_too_large as soon as all together are larger than EPM_MESSAGE_LIMIT.
    """
    size = sum(len(attachment.content) for attachment in attachments)
    _require_size(size)
    if not any(attachment.url for attachment in attachments):
        return tuple(attachments)
    return asyncio.run(_fetched(attachments, size, time.monotonic() + seconds))


async def _fetched(attachments: Sequence[AttachedFile], size: int, deadline: float) -> tuple[AttachedFile, ...]:
    """One after the other, so that the limit of the whole mail holds at every moment."""
    files = []
    async with Client() as client:
        for index, attachment in enumerate(attachments):
            if attachment.url:
                answer = await _get(client, attachment.url, f"attachments[{index}].url", size, deadline)
                size += len(answer.body)
                attachment = _filled(attachment, answer)
            files.append(attachment)
    return tuple(files)


def fetched_for_all(
    mails: Sequence[Sequence[AttachedFile]], seconds: float
) -> list[tuple[AttachedFile, ...] | Problem]:
    """As `fetched` for the mails of a batch, each URL once and all within so many seconds; what is wrong, in its place.

    Raises message_too_large where all mails together attach more than BATCH_LIMITS times EPM_MESSAGE_LIMIT.
    """
    if any(attachment.url for attachments in mails for attachment in attachments):
        found = asyncio.run(_fetched_for_all(mails, time.monotonic() + seconds))
    else:
        found = [tuple(attachments) for attachments in mails]
    complete = [_within_limit(attachments) for attachments in found]
    total = sum(len(file.content) for files in complete if not isinstance(files, Problem) for file in files)
    if total > BATCH_LIMITS * settings.EPM_MESSAGE_LIMIT:
        limit = BATCH_LIMITS * settings.EPM_MESSAGE_LIMIT
        raise Problem("message_too_large", f"A batch attaches at most {limit:,} octets in all.", field="attachments")
    return complete


async def _fetched_for_all(
    mails: Sequence[Sequence[AttachedFile]], deadline: float
) -> list[tuple[AttachedFile, ...] | Problem]:
    known: dict[str, Answer | Problem] = {}
    async with Client() as client:
        return [await _filled_all(client, attachments, known, deadline) for attachments in mails]


async def _filled_all(
    client: Client, attachments: Sequence[AttachedFile], known: dict[str, Answer | Problem], deadline: float
) -> tuple[AttachedFile, ...] | Problem:
    files = []
    for index, attachment in enumerate(attachments):
        if attachment.url:
            answer = await _known(client, attachment.url, f"attachments[{index}].url", known, deadline)
            if isinstance(answer, Problem):
                return answer
            attachment = _filled(attachment, answer)
        files.append(attachment)
    return tuple(files)


async def _known(
    client: Client, url: str, field: str, known: dict[str, Answer | Problem], deadline: float
) -> Answer | Problem:
    if url not in known:
        size = sum(len(answer.body) for answer in known.values() if isinstance(answer, Answer))
        try:
            known[url] = await _get(client, url, field, size, deadline)
        except Problem as problem:
            known[url] = problem
    return known[url]


def _within_limit(files: tuple[AttachedFile, ...] | Problem) -> tuple[AttachedFile, ...] | Problem:
    if not isinstance(files, Problem) and sum(len(file.content) for file in files) > settings.EPM_MESSAGE_LIMIT:
        return _too_large()
    return files


async def _get(client: Client, url: str, field: str, size: int, deadline: float) -> Answer:
    try:
        answer = await client.get(
            url,
            headers={"Accept": "*/*"},
            timeout=max(deadline - time.monotonic(), 0.001),
            limit=settings.EPM_MESSAGE_LIMIT - size,
        )
    except Unreachable as error:
        raise Problem("attachment_unavailable", f"{url} could not be fetched: {error.reason}.", field=field) from error
    if not answer.is_success:
        raise Problem("attachment_unavailable", f"{url} answered {answer.status}.", field=field)
    if answer.cut:
        raise _too_large()
    return answer


def _filled(attachment: AttachedFile, answer: Answer) -> AttachedFile:
    said = answer.headers.get("content-type", "").partition(";")[0].strip()
    usable = said if re.fullmatch(_MEDIA_TYPE, said) else ""
    type = attachment.content_type or usable or _type_of(attachment.file_name)
    return replace(attachment, content_type=type, content=answer.body)


def _decoded(value: Any, field: str) -> bytes:
    text = readers.TEXT.read(value, field)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        # Only a content in lines is looked through for its white space: that takes longer than all the rest.
        return _without_white_space(text, field)


def _without_white_space(text: str, field: str) -> bytes:
    try:
        return base64.b64decode(re.sub(r"[ \t\r\n]+", "", text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid(f"This is not base64: {error}.", field) from error


def _name_in(url: str) -> str:
    """The file name that a URL's path ends in."""
    name = PurePosixPath(unquote(urlsplit(url).path)).name if url else ""
    return name if re.fullmatch(_FILE_NAME, name) else ("attachment" if url else "")


def _type_of(file_name: str) -> str:
    return mimetypes.guess_type(file_name)[0] or UNKNOWN_TYPE


def _require_size(size: int) -> None:
    if size > settings.EPM_MESSAGE_LIMIT:
        raise _too_large()


def _too_large() -> Problem:
    return Problem(
        "message_too_large",
        f"All attachments together are larger than {settings.EPM_MESSAGE_LIMIT:,} octets.",
        field="attachments",
    )
