"""JSON bodies (RFC 8259), read strictly: what two readers could understand differently is refused."""

import json
import math
import re
import sys
from codecs import BOM_UTF8
from typing import Any

from django.conf import settings

from app_interface.problems import Problem, invalid

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def read_object(raw: bytes) -> dict[str, Any]:
    """The JSON object that `raw` is; a byte order mark before it is ignored, as RFC 8259 8.1 allows.

    Raises invalid_request: not UTF-8, not JSON, a name twice, NaN, too deep, NUL.
    """
    try:
        value = json.loads(
            raw.removeprefix(BOM_UTF8).decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_number,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise invalid(f"The body is not UTF-8: {error.reason} at octet {error.start}.") from error
    except RecursionError as error:
        raise _too_deep() from error
    except json.JSONDecodeError as error:
        raise invalid(f"The body is not JSON: {error}.") from error
    except ValueError as error:
        # The only other one: Python reads no whole number of more digits.
        raise invalid(f"The body has a number of more than {sys.get_int_max_str_digits():,} digits.") from error
    _check(value, settings.EPM_NESTING_LIMIT)
    if not isinstance(value, dict):
        raise invalid("The body is not a JSON object.")
    return value


def require_utf8(media_type: str) -> None:
    """Raises unsupported_media where a Content-Type names another charset."""
    charset = re.search(r';\s*charset\s*=\s*"?([^";\s]*)', media_type, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Problem("unsupported_media", f"JSON is UTF-8 (RFC 8259 8.1), not {charset[1]}.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise invalid("This name is given twice.", name[:100])
        found[name] = value
    return found


def _no_number(constant: str) -> Any:
    raise invalid(f"{constant} is no JSON.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise invalid(f"The number {text[:40]} is too large.")
    return number


def _check(value: Any, depth: int) -> None:
    """What every string and every level must satisfy, wherever it stands."""
    if isinstance(value, str):
        if not value.isascii() or "\0" in value:
            _check_text(value)
    elif isinstance(value, dict | list):
        if depth == 0:
            raise _too_deep()
        for item in value if isinstance(value, list) else (*value.keys(), *value.values()):
            _check(item, depth - 1)


def _check_text(text: str) -> None:
    if found := UNSTORABLE.search(text):
        raise invalid(f"The body has the character U+{ord(found[0]):04X}, which is no text.")


def _too_deep() -> Problem:
    return invalid(f"The body nests deeper than {settings.EPM_NESTING_LIMIT} levels.")
