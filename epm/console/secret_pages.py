"""Pages around secrets: asked before one is renewed, and the single page that shows a fresh one."""

from typing import Any

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from epm.console.links import change_url
from epm.models import Credential


def row_or_404(model_admin: ModelAdmin, request: HttpRequest, object_id: str) -> Any:
    row = model_admin.get_object(request, object_id)
    if row is None:
        raise Http404
    return row


def confirm(
    model_admin: ModelAdmin, request: HttpRequest, row: Any, title: str, consequence: str, form: Form | None = None
) -> HttpResponse:
    """Ask before a secret is renewed, and what `form` asks besides; the answer is a POST to the same URL."""
    context = {**_frame(model_admin, request, row, title), "consequence": consequence, "form": form}
    return TemplateResponse(request, "console/confirm.html", context)


def show_once(model_admin: ModelAdmin, request: HttpRequest, row: Credential, secret: str) -> HttpResponse:
    """The only page that ever shows `secret`: not kept by the server, nor by the browser's cache."""
    context = {**_frame(model_admin, request, row, "The secret"), "secret": secret}
    response = TemplateResponse(request, "console/secret.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _frame(model_admin: ModelAdmin, request: HttpRequest, row: Any, title: str) -> dict[str, Any]:
    return {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": row,
        "row": row,
        "title": title,
        "back": change_url(row),
    }
