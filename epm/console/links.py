"""Where a row, or a list of rows, is in the console."""

from django.db.models import Model
from django.urls import reverse


def change_url(row: Model) -> str:
    """The page of `row` in the console."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def list_url(model: type[Model], query: str = "") -> str:
    """The list of `model` in the console, filtered by `query` (name=value&…)."""
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{url}?{query}" if query else url
