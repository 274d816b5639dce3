"""How things look everywhere in the console: coloured labels, times, copyable values, sizes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

GOOD, BAD, WAITING, UNDER_WAY, QUIET = "good", "bad", "waiting", "way", "quiet"
"""The tones of a label: what ended well, what ended badly, what needs patience or a person, what is under way, the rest."""


def label(text: Any, tone: str = QUIET, title: str = "") -> SafeString:
    """A small coloured label. `title` explains it on hover."""
    return format_html('<span class="c-label c-{}" title="{}">{}</span>', tone, title, text)


def moment(at: datetime | None) -> SafeString | str:
    """A time as people say it; the exact one, in UTC, on hover."""
    if at is None:
        return "–"
    return format_html(
        '<time class="c-time" datetime="{}" title="{}">{}</time>', at.isoformat(), exact_time(at), spoken_time(at)
    )


def exact_time(at: datetime) -> str:
    """2025-03-01 09:15:07.120 UTC"""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d} UTC"


def short_exact(at: datetime) -> str:
    """1 Mar 09:15:07.120, in UTC"""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%b %H:%M:%S}.{at.microsecond // 1000:03d}"


def spoken_time(at: datetime) -> str:
    """12 s ago, 5 min ago, 14:03, 3 Jun 14:03, 3 Jun 2024; in 5 min for what is to come."""
    now = timezone.now()
    away = abs(now - at)
    if away < timedelta(hours=1):
        return f"in {span(away)}" if at > now else f"{span(away)} ago"
    local, today = at.astimezone(UTC), now.astimezone(UTC)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if local.year == today.year:
        return f"{local.day} {local:%b %H:%M}"
    return f"{local.day} {local:%b %Y}"


def span(length: timedelta) -> str:
    """How long: 12 s, 5 min, 3 h, 2 days."""
    seconds = int(length.total_seconds())
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def code(text: Any) -> SafeString:
    """Something to be read letter by letter."""
    return format_html('<code class="c-code">{}</code>', text)


def copyable(text: str) -> SafeString:
    """A value with a button that copies it."""
    return format_html(
        '<span class="c-copyable"><code class="c-code">{0}</code>'
        '<button type="button" class="c-icon-button material-symbols-outlined" data-copy="{0}" title="Copy">content_copy'
        "</button></span>",
        text,
    )


def masked(text: str) -> SafeString:
    """A secret that is shown and copied on demand."""
    return format_html(
        '<span class="c-copyable"><code class="c-code" data-secret="{0}">••••••••••••••••</code>'
        '<button type="button" class="c-icon-button material-symbols-outlined" data-reveal title="Show or hide">visibility'
        '</button><button type="button" class="c-icon-button material-symbols-outlined" data-copy="{0}" title="Copy">'
        "content_copy</button></span>",
        text,
    )


@admin.display(description="enabled", ordering="enabled")
def enabled_label(row: Any) -> SafeString:
    """Whether a configured row is enabled."""
    return label("enabled", GOOD) if row.enabled else label("disabled", BAD)


def shown_if(field: str, condition: str) -> str:
    """When a field of a form is shown. Where `field` cannot be edited there is no such variable, and all is shown."""
    return f"typeof {field} === 'undefined' || {field} {condition}"
