"""What a person may decide about a receipt in quarantine: whose it is, or that it is nobody's."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from email_processor.console import by_hand
from email_processor.inbound import matching, receipts
from email_processor.models import DeliveryReceipt
from epm.console.links import change_url, list_url


def context(request: HttpRequest, row: DeliveryReceipt) -> dict[str, Any]:
    """The suggestions beside a receipt in quarantine, and whether the person may decide."""
    is_open = row.recipient_id is None and row.dismissed_at is None
    return {
        "in_quarantine": is_open,
        "suggestions": matching.suggest(row) if is_open else [],
        "may_decide": by_hand.may(request),
    }


def urls(site: AdminSite) -> list[URLPattern]:
    name = "email_processor_deliveryreceipt"
    return [
        path("<uuid:id>/attach/", site.admin_view(attach), name=f"{name}_attach"),
        path("<uuid:id>/dismiss/", site.admin_view(dismiss), name=f"{name}_dismiss"),
    ]


@require_POST
def attach(request: HttpRequest, id: UUID) -> HttpResponse:
    """Join the receipt to the recipient that was chosen among the suggestions."""
    receipt = _receipt(request, id)
    suggested = {str(one.recipient.pk): one.recipient for one in matching.suggest(receipt)}
    recipient = suggested.get(request.POST.get("recipient", ""))
    if recipient is None:
        messages.error(request, "That recipient is not among those it may speak of.")
        return redirect(change_url(receipt))
    why_not = receipts.attach(receipt, recipient, request.user.get_username())
    if why_not:
        messages.warning(request, f"It had no effect: {why_not}")
    else:
        messages.success(request, f"It is joined to {recipient.address} and has taken effect.")
    return redirect(change_url(receipt))


@require_POST
def dismiss(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take the receipt out of quarantine; it stays on record."""
    receipt = _receipt(request, id)
    if receipts.dismiss(receipt, request.user.get_username()):
        messages.success(request, "It is dismissed, and stays on record.")
    else:
        messages.error(request, "Somebody has decided about it meanwhile.")
    return redirect(list_url(DeliveryReceipt, "matched=no"))


def _receipt(request: HttpRequest, id: UUID) -> DeliveryReceipt:
    if not by_hand.may(request):
        raise PermissionDenied
    return get_object_or_404(DeliveryReceipt.objects.select_related("likely_recipient__message"), pk=id)
