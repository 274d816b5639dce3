from django.conf import settings


def test_a_sweep_is_still_of_use_where_the_clocks_of_two_hosts_differ() -> None:
    assert min(entry["options"]["expires"] for entry in settings.CELERY_BEAT_SCHEDULE.values()) >= 600
