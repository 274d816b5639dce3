"""The words of `email_processor.console.words` for templates."""

import json
from typing import Any

from django import template
from django.db.models import Model

from email_processor.console import words
from email_processor.models import State
from epm.console.links import change_url

register = template.Library()
register.filter("state_label", words.state_label)
register.filter("action_label", words.action_label)
register.filter("reason_label", words.reason_label)
register.filter("evidence_label", words.evidence_label)
register.filter("match_label", words.match_label)
register.filter("kind_label", words.kind_label)
register.filter("session_label", words.session_label)


@register.simple_tag
def page_of(row: Model) -> str:
    return change_url(row)


@register.filter
def state_meaning(state: str) -> str:
    """A sentence for who asks."""
    return words.STATES[State(state)][1]


@register.filter
def as_json(value: Any) -> str:
    """Laid out for reading."""
    return json.dumps(value, indent=2, ensure_ascii=False)
