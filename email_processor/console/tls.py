"""The page of TLS reports: how well the way to each domain's servers was protected, day by day, and the reports as files."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from email_processor.models import PolicyType, TlsSessions
from email_processor.outbound import tls_reporting

PERMISSION = "epm.view_emailconnection"
DAYS = 14
SHOWN = 200


@dataclass(slots=True)
class Line:
    """A domain on one day."""

    day: date
    destination: str
    policies: set[str] = field(default_factory=set)
    protected: int = 0
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        return self.failures.total()

    @property
    def why(self) -> list[tuple[str, int]]:
        return self.failures.most_common()

    @property
    def file(self) -> str:
        told = urlencode({"day": self.day.isoformat(), "domain": self.destination})
        return f"{reverse('admin:tls_report')}?{told}"


def page(request: HttpRequest) -> HttpResponse:
    _check(request)
    lines = _lines()
    context = {
        **admin.site.each_context(request),
        "title": "TLS reports",
        "days": DAYS,
        "lines": lines[:SHOWN],
        "more": max(0, len(lines) - SHOWN),
    }
    return TemplateResponse(request, "email_processor/tls_reports.html", context)


def download(request: HttpRequest) -> HttpResponse:
    """One report, as a file (RFC 8460 5.1 names it so)."""
    _check(request)
    domain, day = request.GET.get("domain", ""), _day(request.GET.get("day", ""))
    if day is None or not TlsSessions.objects.filter(destination=domain, day=day).exists():
        raise Http404
    body = json.dumps(tls_reporting.report(domain, day), indent=2, ensure_ascii=False)
    response = HttpResponse(body, content_type="application/tlsrpt+json")
    response["Content-Disposition"] = f'attachment; filename="{domain}.{day}.json"'
    return response


def _check(request: HttpRequest) -> None:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _lines() -> list[Line]:
    """The youngest first; on one day those with most failures first."""
    since = timezone.now().date() - timedelta(days=DAYS)
    rows = TlsSessions.objects.filter(day__gte=since).order_by()
    found: dict[tuple[date, str], Line] = {}
    for row in rows.values("day", "destination", "policy_type", "failure").annotate(total=Sum("count")):
        line = found.setdefault((row["day"], row["destination"]), Line(row["day"], row["destination"]))
        line.policies.add(PolicyType(row["policy_type"]).label)
        if row["failure"]:
            line.failures[row["failure"]] += row["total"]
        else:
            line.protected += row["total"]
    return sorted(found.values(), key=lambda line: (-line.day.toordinal(), -line.failed, line.destination))
