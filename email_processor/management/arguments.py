"""Arguments that several commands take."""

from datetime import UTC, datetime


def instant(text: str) -> datetime:
    """A date, or a time of RFC 3339; UTC where nothing else is said. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
