"""The two groups people are put into. Each app grants them what they need of its own models, in its admin.py."""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission

from epm.console.registry import console

OPERATORS = "Operators"
"""Configure zones, applications, connections and credentials, and see all mail."""

SUPPORT = "Support"
"""See all mail and what became of it, tell and send again; see no secret and change no configuration."""


def keep_groups(sender: AppConfig, **_: Any) -> None:
    """After each app's migration: give the groups what is granted to them of that app. Takes nothing away."""
    for name in (OPERATORS, SUPPORT):
        granted = [codename for app, codename in console.grants[name] if app == sender.label]
        if granted:
            group, _created = Group.objects.get_or_create(name=name)
            group.permissions.add(
                *Permission.objects.filter(content_type__app_label=sender.label, codename__in=granted)
            )
