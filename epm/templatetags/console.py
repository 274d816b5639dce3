"""The looks of `epm.console.shown` for templates."""

from django import template

from epm.console import shown

register = template.Library()
register.simple_tag(shown.label, name="label")
register.filter("moment", shown.moment)
register.filter("exact_time", shown.exact_time)
register.filter("short_exact", shown.short_exact)
register.filter("span", shown.span)
register.filter("code", shown.code)
register.filter("copyable", shown.copyable)
