"""What all processes count together goes through Redis where the broker is one. Losing it loses no more than a count."""

from functools import lru_cache

from django.conf import settings
from redis import Redis


@lru_cache(maxsize=1)
def shared_redis() -> "Redis | None":
    """A client of the broker, where that is Redis."""
    if not settings.CELERY_BROKER_URL.startswith("redis"):
        return None
    return Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=2, socket_connect_timeout=2)
