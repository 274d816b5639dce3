"""How the database goes about the very statements that some work makes, in tables that look as they may some day."""

from collections.abc import Callable

from django.db import connection as database
from django.db import models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone


def after_an_idle_night(model: type[models.Model]) -> None:
    """What waits in the queue of `model` came after the database last looked how much that is."""
    keys = list(model._default_manager.filter(due_at__isnull=False).values_list("pk", flat=True))
    model._default_manager.update(due_at=None)
    analyse(model)
    model._default_manager.filter(pk__in=keys).update(due_at=timezone.now())


def analyse(*tables: type[models.Model]) -> None:
    """Let the database look what is in the tables now."""
    with database.cursor() as cursor:
        for model in tables:
            cursor.execute(f"ANALYZE {model._meta.db_table}")


def plans_of(work: Callable[[], object]) -> str:
    """The plans of the queries of `work`, for PostgreSQL."""
    with CaptureQueriesContext(database) as asked:
        work()
    queries = [query["sql"] for query in asked.captured_queries]
    with database.cursor() as cursor:
        plans = []
        for query in queries:
            if query.lstrip().startswith(("SELECT", "WITH")):
                cursor.execute(f"EXPLAIN {query}")
                plans += [line for (line,) in cursor.fetchall()]
    return "\n".join(plans)
