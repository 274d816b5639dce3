"""When a server that puts a mail off wants to see it again. SMTP has no field for that; servers that greylist say it in words."""

import re
from datetime import timedelta

LONGEST = timedelta(days=1)
"""No server puts a mail off for longer by what it says."""

_SECONDS = {"s": 1, "m": 60, "h": 3600}
_ASKED = re.compile(
    r"""\b(?:again|back|retry|retried|resend|wait|delayed|deferred|gr[ae]ylist(?:ed|ing))\b
    [^.;\d]{0,40}?  # not into the next sentence, and not past a number that speaks of something else
    (?:
        (?P<hours>\d{1,2}):(?P<minutes>\d\d):(?P<seconds>\d\d)\b
      | \b(?:(?P<count>\d{1,6})\s*|(?:an?|one)\s+)(?P<unit>s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def asked(text: str) -> timedelta | None:
    """How long to wait, as the text of a 4xx reply asks it in words; None where it does not say."""
    match = _ASKED.search(text)
    if match is None:
        return None
    if match["unit"]:
        count = int(match["count"] or 1)
        return min(timedelta(seconds=count * _SECONDS[match["unit"][0].lower()]), LONGEST)
    wait = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"]), seconds=int(match["seconds"]))
    return min(wait, LONGEST)
