"""Messages and recipients: lists to find them in, and the page that tells a recipient's whole story."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, Min, QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.views import ChangeList

from email_processor import suppression
from email_processor.console import advice, by_hand, finding, story, suppressions, words
from email_processor.console.finding import WAYS, Asked, as_uuid, ids_in
from email_processor.console.looking import LookingAdmin, LookingList, OfApplicationFilter
from email_processor.console.mail_files import mail_file
from email_processor.console.why import whys
from email_processor.models import Content, Message, Recipient, State
from email_processor.models.recipient import ASKING, RESTING
from email_processor.timeline import timeline
from epm.console.filters import MadeBetweenFilter
from epm.console.links import change_url, list_url
from epm.console.shown import moment

SHOWN_RECIPIENTS = 100
"""A message's page lists so many recipients; the rest is in the list of recipients."""


class MessageList(LookingList):
    """One page of messages, each with a summary of its recipients from one query for the whole page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = Recipient.objects.filter(message__in=[message.pk for message in self.result_list])
        summaries: defaultdict[UUID, list[Any]] = defaultdict(list)
        for group in rows.order_by().values("message", "state").annotate(count=Count("pk"), first=Min("address")):
            summaries[group["message"]].append(group)
        for message in self.result_list:
            message.summary = summaries[message.pk]


class MessageAdmin(LookingAdmin):
    list_display = ("subject_line", "accepted", "sender", "to", "states", "application")
    list_filter = (
        ("application", RelatedDropdownFilter),
        ("accepted_at", MadeBetweenFilter),
        "sandbox",
    )
    list_select_related = ("application__zone",)
    search_fields = ("id",)
    search_help_text = WAYS
    sortable_by = ()
    page_template = "email_processor/message.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return MessageList

    def lookup(self, queryset: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        return finding.messages_asked(queryset, term)

    def is_indexed(self, filters: dict[str, str], term: str) -> bool:
        return bool(term) and finding.is_indexed(term)

    def on_search(self, request: HttpRequest, term: str, *, is_found: bool) -> None:
        advice.give(request, term, is_found=is_found)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Message | None:
        related = Message.objects.select_related(
            "zone", "application__zone", "credential", "connection__zone", "session"
        )
        return related.filter(pk__in=ids_in(object_id)).first()

    def get_urls(self) -> list[Any]:
        return [mail_file("email_processor_message_source", self.admin_site, self._source), *super().get_urls()]

    def page_context(self, request: HttpRequest, row: Message) -> dict[str, Any]:
        recipients = list(row.recipients.order_by("pk")[: SHOWN_RECIPIENTS + 1])
        said = whys(recipients[:SHOWN_RECIPIENTS])
        return {
            "recipients": [(one, said.get(one.pk)) for one in recipients[:SHOWN_RECIPIENTS]],
            "more": list_url(Recipient, f"q={row.pk}") if len(recipients) > SHOWN_RECIPIENTS else "",
            "attachments": row.attachments.order_by("pk"),
            "source": reverse("admin:email_processor_message_source", args=[row.pk]),
        }

    def _source(self, request: HttpRequest, id: UUID) -> bytes:
        content = Content.objects.filter(message=id, redacted_at=None).first()
        if content is None or not self.has_view_permission(request):
            raise Http404
        return bytes(content.mime)

    @admin.display(description="subject")
    def subject_line(self, row: Message) -> str:
        return row.subject or "(no subject)"

    @admin.display(description="accepted")
    def accepted(self, row: Message) -> Any:
        return moment(row.accepted_at)

    @admin.display(description="to")
    def to(self, row: Any) -> str:
        count = sum(group["count"] for group in row.summary)
        first = min((group["first"] for group in row.summary), default="–")
        return first if count < 2 else f"{first}\N{NO-BREAK SPACE}+{count - 1}"

    @admin.display(description="recipients")
    def states(self, row: Any) -> SafeString:
        order = list(State)
        groups = sorted(row.summary, key=lambda group: order.index(State(group["state"])))
        several = sum(group["count"] for group in groups) > 1
        return format_html_join(
            " ",
            '<span class="c-nowrap">{}{}</span>',
            ((f"{g['count']} " if several else "", words.state_label(g["state"])) for g in groups),
        )


class RecipientList(LookingList):
    """One page of recipients, each with why it stands where it stands."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        said = whys(self.result_list)
        for recipient in self.result_list:
            recipient.said = said.get(recipient.pk)


class RecipientAdmin(LookingAdmin):
    list_display = ("address", "subject", "accepted", "state_shown", "why", "application")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("application", OfApplicationFilter),
        ("zone", RelatedDropdownFilter),
        ("state_at", MadeBetweenFilter),
    )
    list_select_related = ("message", "application__zone")
    search_fields = ("address",)
    search_help_text = WAYS
    sortable_by = ()
    page_template = "email_processor/recipient.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RecipientList

    def lookup(self, queryset: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        if (id := as_uuid(term)) is not None:
            return queryset.filter(pk=id) | queryset.filter(message=id)
        return finding.recipients_of(queryset, Asked.read(term))

    def is_indexed(self, filters: dict[str, str], term: str) -> bool:
        if term:
            return as_uuid(term) is not None or bool(Asked.read(term).addresses)
        state = filters.get("state__exact")
        if set(filters) - {"state__exact", "application__id__exact"}:
            return False
        return state in (None, *RESTING) if "application__id__exact" in filters else state in ASKING

    def on_search(self, request: HttpRequest, term: str, *, is_found: bool) -> None:
        advice.give(request, term, is_found=is_found)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Recipient | None:
        related = Recipient.objects.select_related(
            "message__application__zone", "message__session", "application__zone", "zone"
        )
        return related.filter(pk__in=ids_in(object_id)).first()

    def get_urls(self) -> list[Any]:
        return [by_hand.url(self.admin_site), *super().get_urls()]

    def page_context(self, request: HttpRequest, row: Recipient) -> dict[str, Any]:
        told = timeline(row.message, only=row)
        [mine] = told.recipients
        return {
            "message": row.message,
            "entries": story.entries(told, mine),
            "meaning": words.STATES[State(row.state)][1],
            "why": whys([row], mine.events).get(row.pk),
            "choices": by_hand.choices(row) if by_hand.may(request) else [],
            "suppression": suppression.suppressed(row.zone, row.application, [row.address]).get(row.address),
            "suppress": suppressions.add_url(row.zone, row.address) if suppressions.may_add(request) else "",
        }

    @admin.display(description="state")
    def state_shown(self, row: Recipient) -> SafeString:
        return words.state_label(row.state)

    @admin.display(description="why")
    def why(self, row: Any) -> str:
        return row.said.sentence if row.said else words.STATES[State(row.state)][1]

    @admin.display(description="accepted")
    def accepted(self, row: Recipient) -> Any:
        return moment(row.message.accepted_at)

    @admin.display(description="subject")
    def subject(self, row: Recipient) -> SafeString:
        return format_html('<a class="c-link" href="{}">{}</a>', change_url(row.message), row.message)
