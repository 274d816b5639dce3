"""The page that says what the simulated recipients do."""

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from email_processor.console.test_mail import SIMULATED_DOMAIN
from email_processor.console.words import EVIDENCE, STATES
from email_processor.simulator.behaviours import describe


def page(request: HttpRequest) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": "Help",
        "behaviours": describe(),
        "domain": SIMULATED_DOMAIN,
        "states": [(state, *words) for state, words in STATES.items()],
        "grades": [(grade, *words) for grade, words in EVIDENCE.items()],
        "url": settings.EPM_PUBLIC_URL,
    }
    return TemplateResponse(request, "email_processor/about.html", context)
