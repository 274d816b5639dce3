from typing import Any

from django.conf import settings


def test_a_sweep_is_still_of_use_where_the_clocks_of_two_hosts_differ() -> None:
    entries: list[Any] = list(settings.CELERY_BEAT_SCHEDULE.values())
    assert min(entry["options"]["expires"] for entry in entries) >= 600
