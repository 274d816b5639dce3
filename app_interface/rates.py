"""How much a credential may ask for in a minute, counted by all processes together (contract.md 4 and 5).

A meter fills with every unit asked for and runs dry evenly, a full one in a minute (GCRA). So a minute's worth may come at
once. Whoever has anything left is let in with all it asks for, be it more than is left: a mail to many is never impossible,
and what follows it waits. A credential without limits costs nothing here.
"""

import logging
import math
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from django.conf import settings
from django.db import transaction
from redis import Redis, RedisError

from app_interface.models import Meter
from app_interface.problems import Problem
from epm.models import Credential
from lib.counting import shared_redis

log = logging.getLogger(__name__)

WINDOW = 60.0
"""Seconds in which a full meter runs dry."""
_ROUNDING = 1e-5
_SPEND = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local used = math.max(0, (tonumber(redis.call('GET', KEYS[1])) or 0) - now)
local let_in = 0
if used <= tonumber(ARGV[1]) then
  let_in = 1
  used = used + tonumber(ARGV[2])
  redis.call('SET', KEYS[1], string.format('%.6f', now + used), 'PX', math.ceil(used * 1000) + 1)
end
return {let_in, string.format('%.6f', used)}
"""
"""Keeps the time at which the meter will be dry. ARGV: how full it may be, and how much to add, in seconds."""


class Allowance(Enum):
    """What is counted."""

    REQUESTS = "requests"
    RECIPIENTS = "recipients"

    def of(self, credential: Credential) -> int | None:
        """How many units a minute `credential` may ask for; None: as many as it likes."""
        return credential.requests_per_minute if self is Allowance.REQUESTS else credential.recipients_per_minute


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of an allowance. `used` is in seconds: how long the meter takes to run dry."""

    allowance: Allowance
    quota: int
    used: float

    @property
    def left(self) -> int:
        """Units that may be asked for now."""
        return max(0, math.floor((WINDOW - self.used) * self.quota / WINDOW + _ROUNDING))

    @property
    def wait(self) -> int:
        """Whole seconds until there is a unit again, at least 1."""
        return max(1, math.ceil(self.used - _fullest(self.quota)))


def spend(credential: Credential, allowance: Allowance, units: int = 1) -> Standing | None:
    """Count `units` of `allowance`; answers what is left, None where there is no limit. Outside of any transaction.

    Raises rate_limited, with `retry_after` and the header fields, where nothing is left; then nothing is counted.
    """
    quota = allowance.of(credential)
    if quota is None:
        return None
    let_in, used = _add(credential, allowance, _fullest(quota), units * WINDOW / quota)
    standing = Standing(allowance, quota, used)
    if not let_in:
        raise Problem(
            "rate_limited",
            f"This credential may ask for {quota} {allowance.value} a minute. Come again in {standing.wait} s.",
            headers=headers_of(credential, [standing]),
            retry_after=standing.wait,
        )
    return standing


def headers_of(credential: Credential, standings: Collection[Standing]) -> dict[str, str]:
    """RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10); empty where there are no limits.

    `t` is when all of the quota is there again, in seconds.
    """
    quotas = {allowance: quota for allowance in Allowance if (quota := allowance.of(credential)) is not None}
    policies = [f'"{allowance.value}";q={quota};w={WINDOW:.0f}' for allowance, quota in quotas.items()]
    told = [f'"{now.allowance.value}";r={now.left};t={math.ceil(now.used)}' for now in standings]
    fields = {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(told)}
    return {name: value for name, value in fields.items() if value}


def _fullest(quota: int) -> float:
    """How full a meter may be, in seconds, so that one more unit fits in."""
    return WINDOW - WINDOW / quota + _ROUNDING


def _add(credential: Credential, allowance: Allowance, fullest: float, seconds: float) -> tuple[bool, float]:
    """Was it let in, and how many seconds the meter has now."""
    redis = shared_redis()
    if redis is not None:
        try:
            return _added_in_redis(redis, credential, allowance, fullest, seconds)
        except RedisError as trouble:
            # A broker that is away must keep nobody out.
            log.warning("Redis does not count, the database does meanwhile: %s", trouble)
    return _added_in_database(credential, allowance, fullest, seconds)


def _added_in_redis(
    redis: "Redis", credential: Credential, allowance: Allowance, fullest: float, seconds: float
) -> tuple[bool, float]:
    key = f"{settings.EPM_BROKER_PREFIX}epm-rate:{credential.pk}:{allowance.value}"
    let_in, used = redis.register_script(_SPEND)(keys=[key], args=[fullest, seconds])
    return bool(let_in), float(used)


@transaction.atomic
def _added_in_database(
    credential: Credential, allowance: Allowance, fullest: float, seconds: float
) -> tuple[bool, float]:
    mine = {"credential": credential, "allowance": allowance.value}
    Meter.objects.get_or_create(**mine, defaults={"dry_at": datetime.fromtimestamp(0, UTC)})
    meter = Meter.objects.select_for_update().get(**mine)
    now = time.time()
    used = max(0.0, meter.dry_at.timestamp() - now)
    if used > fullest:
        return False, used
    meter.dry_at = datetime.fromtimestamp(now + used + seconds, UTC)
    meter.save(update_fields=["dry_at"])
    return True, used + seconds
