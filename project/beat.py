"""Celery's beat, for clocks that are set back."""

from typing import Any

from celery.beat import PersistentScheduler


class Scheduler(PersistentScheduler):
    """Goes on when the clock falls back. Celery would wait until the clock has caught up, and no sweep would look for work."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        now = self.app.now()
        ahead = [entry for entry in self.schedule.values() if entry.last_run_at and entry.last_run_at > now]
        for entry in ahead:
            entry.last_run_at = now
        if ahead:
            self._heap = None  # it is sorted by times that now lie far ahead
        wait: float = super().tick(*args, **kwargs)
        return wait
