"""What a person may decide about a recipient: send again, hold, release, cancel, or settle a doubt."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from email_processor import lifecycle
from email_processor.lifecycle import Move
from email_processor.models import EventType, Recipient, State
from email_processor.outbound.tasks import send_due
from epm.console.links import change_url
from lib.doorbell import ring

PERMISSION = "email_processor.change_recipient"


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: what it says, what it asks first, and the move it makes."""

    name: str
    text: str
    consequence: str
    event: EventType
    to: State


_SEND_AGAIN = Choice("requeue", "Send it again", "It may arrive twice.", EventType.REQUEUED, State.QUEUED)
_RELEASE = Choice("requeue", "Release it", "It is sent now.", EventType.REQUEUED, State.QUEUED)
_HOLD = Choice("hold", "Hold it", "It is not sent until somebody releases it.", EventType.HELD, State.HELD)
_CANCEL = Choice("cancel", "Cancel it", "It is never sent.", EventType.CANCELLED, State.CANCELLED)
_WAS_SENT = Choice("sent", "It was sent", "The server's log says so.", EventType.SENT, State.SENT)
_HAS_FAILED = Choice("failed", "It has failed", "It is not tried again.", EventType.FAILED, State.FAILED)

_CHOICES: Mapping[str, tuple[Choice, ...]] = {
    State.QUEUED: (_HOLD, _CANCEL),
    State.SENDING: (_HOLD, _CANCEL),
    State.DEFERRED: (_HOLD, _CANCEL),
    State.HELD: (_RELEASE, _CANCEL),
    State.IN_DOUBT: (_SEND_AGAIN, _WAS_SENT, _HAS_FAILED),
}


def may(request: HttpRequest) -> bool:
    return request.user.has_perm(PERMISSION)


def choices(recipient: Recipient) -> tuple[Choice, ...]:
    """What can be decided in the recipient's present state."""
    return _CHOICES.get(recipient.state, ())


def url(site: AdminSite) -> URLPattern:
    return path("<uuid:id>/decide/", site.admin_view(decide), name="email_processor_recipient_decide")


@require_POST
def decide(request: HttpRequest, id: UUID) -> HttpResponse:
    """Make the move that was chosen, or say why it is too late for it."""
    if not may(request):
        raise PermissionDenied
    recipient = get_object_or_404(Recipient.objects.select_related("zone"), pk=id)
    choice = next((c for c in choices(recipient) if c.name == request.POST.get("choice")), None)
    if choice is None:
        messages.error(request, f"Too late: it is {recipient.get_state_display().lower()} now.")
    else:
        _move(request, recipient, choice)
    return redirect(change_url(recipient))


def _move(request: HttpRequest, recipient: Recipient, choice: Choice) -> None:
    is_queued = choice.to is State.QUEUED
    data = {"why": f"by hand: {request.user.get_username()}"}
    [moved] = lifecycle.advance(
        [Move(recipient.pk, choice.event, choice.to, data, due_at=timezone.now() if is_queued else None)]
    )
    if moved.is_recalled:
        messages.info(request, f"{recipient.address} is {moved.why}.")
        return
    if not moved.applied:
        messages.error(request, f"Too late: {moved.why}.")
        return
    if is_queued:
        ring(send_due, recipient.zone.name)
    messages.success(request, f"{recipient.address} is {moved.state.label.lower()} now.")
