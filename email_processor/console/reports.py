"""Delivery receipts and the mails they came in."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from email_processor.console import mail_files, quarantine, words
from email_processor.console.finding import as_uuid, ids_in, recipients_named
from email_processor.console.looking import LookingAdmin, OfApplicationFilter
from email_processor.inbound.exporting import FORMATS, MEDIA_TYPES
from email_processor.models import DeliveryReceipt, Evidence, InboundMessage
from epm.console.filters import MadeBetweenFilter
from epm.console.shown import moment


class ActionFilter(admin.SimpleListFilter):
    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(action, action) for action in words.ACTIONS]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        return queryset.filter(action=self.value()) if self.value() in words.ACTIONS else queryset


class MatchFilter(admin.SimpleListFilter):
    title = "matched"
    parameter_name = "matched"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "joined to a mail"), ("no", "in quarantine"), ("dismissed", "dismissed from quarantine")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        if self.value() == "no":
            return queryset.filter(recipient__isnull=True, dismissed_at__isnull=True)
        if self.value() == "dismissed":
            return queryset.filter(recipient__isnull=True, dismissed_at__isnull=False)
        return queryset.filter(recipient__isnull=False) if self.value() == "yes" else queryset


class StatusFilter(admin.SimpleListFilter):
    title = "status class"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("2", "2.x.x success"), ("4", "4.x.x for now"), ("5", "5.x.x for good")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        return queryset.filter(status__startswith=f"{self.value()}.") if self.value() else queryset


class DeliveryReceiptAdmin(LookingAdmin):
    list_display = (
        "whom",
        "action_shown",
        "status",
        "reason_shown",
        "received",
        "application",
        "matched",
        "why",
    )
    actions = ("export_csv", "export_json_lines", "export_mbox")  # type: ignore[assignment]
    list_filter = (
        ActionFilter,
        MatchFilter,
        StatusFilter,
        ("application", OfApplicationFilter),
        ("received_at", MadeBetweenFilter),
    )
    list_select_related = ("recipient", "application__zone")
    search_fields = ("final_recipient",)
    search_help_text = "Address of a recipient, receipt id, a reason such as mailbox_full, or a status such as 5.1.1"
    sortable_by = ()
    page_template = "email_processor/receipt.html"

    def lookup(self, queryset: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        if (id := as_uuid(term)) is not None:
            return queryset.filter(pk=id)
        if "@" in term:
            return queryset.filter(recipient__in=recipients_named(term).values("pk"))
        return queryset.filter(status=term) if term[:1].isdigit() else queryset.filter(reason=term)

    def is_indexed(self, filters: dict[str, str], term: str) -> bool:
        if term:
            return as_uuid(term) is not None or "@" in term
        return set(filters) == {"application__id__exact"} or filters == {"matched": "no"}

    def get_urls(self) -> list[Any]:
        return [*quarantine.urls(self.admin_site), *super().get_urls()]

    @admin.action(description="Export as CSV", permissions=["view"])
    def export_csv(self, request: HttpRequest, receipts: "QuerySet[DeliveryReceipt]") -> StreamingHttpResponse:
        return _export("csv", receipts)

    @admin.action(description="Export as JSON Lines", permissions=["view"])
    def export_json_lines(self, request: HttpRequest, receipts: "QuerySet[DeliveryReceipt]") -> StreamingHttpResponse:
        return _export("jsonl", receipts)

    @admin.action(description="Export the raw mails as mbox", permissions=["view"])
    def export_mbox(self, request: HttpRequest, receipts: "QuerySet[DeliveryReceipt]") -> StreamingHttpResponse:
        return _export("mbox", receipts)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> DeliveryReceipt | None:
        related = DeliveryReceipt.objects.select_related(
            "inbound", "recipient__message", "likely_recipient__message", "application__zone"
        )
        return related.filter(pk__in=ids_in(object_id)).first()

    def page_context(self, request: HttpRequest, row: DeliveryReceipt) -> dict[str, Any]:
        return {
            "raw": mail_files.as_text(row.inbound.raw),
            "file": reverse("admin:email_processor_inboundmessage_source", args=[row.inbound_id]),
            "evidence_meaning": words.EVIDENCE[Evidence(row.evidence)][1],
            **quarantine.context(request, row),
        }

    @admin.display(description="recipient")
    def whom(self, row: DeliveryReceipt) -> str:
        if row.recipient is not None:
            return row.recipient.address
        return row.final_recipient.partition(";")[2].strip() or row.final_recipient or "(unreadable)"

    @admin.display(description="action")
    def action_shown(self, row: DeliveryReceipt) -> SafeString:
        return words.action_label(row)

    @admin.display(description="reason")
    def reason_shown(self, row: DeliveryReceipt) -> SafeString:
        return words.reason_label(row)

    @admin.display(description="received")
    def received(self, row: DeliveryReceipt) -> Any:
        return moment(row.received_at)

    @admin.display(description="note")
    def why(self, row: DeliveryReceipt) -> str:
        return row.note

    @admin.display(description="joined by")
    def matched(self, row: DeliveryReceipt) -> SafeString:
        return words.match_label(row)


def _export(format: str, receipts: "QuerySet[DeliveryReceipt]") -> StreamingHttpResponse:
    response = StreamingHttpResponse(FORMATS[format](receipts), content_type=MEDIA_TYPES[format])
    response["Content-Disposition"] = f'attachment; filename="receipts.{format}"'
    return response


class InboundMessageAdmin(LookingAdmin):
    list_display = ("rcpt_to", "mail_from_shown", "kind_shown", "received", "source", "size", "application", "problem")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("source", ChoicesDropdownFilter),
        ("application", RelatedDropdownFilter),
        ("received_at", MadeBetweenFilter),
    )
    list_select_related = ("application__zone",)
    search_fields = ("id",)
    search_help_text = "Id of an inbound mail"
    sortable_by = ()
    page_template = "email_processor/inbound.html"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request).defer("raw")  # type: ignore[no-any-return]

    def lookup(self, queryset: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        return queryset.filter(pk__in=ids_in(term))

    def is_indexed(self, filters: dict[str, str], term: str) -> bool:
        return bool(term)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> InboundMessage | None:
        return InboundMessage.objects.select_related("application__zone").filter(pk__in=ids_in(object_id)).first()

    def get_urls(self) -> list[Any]:
        file = mail_files.mail_file("email_processor_inboundmessage_source", self.admin_site, self._source)
        return [file, *super().get_urls()]

    def page_context(self, request: HttpRequest, row: InboundMessage) -> dict[str, Any]:
        return {
            "raw": mail_files.as_text(row.raw),
            "file": reverse("admin:email_processor_inboundmessage_source", args=[row.pk]),
            "receipts": row.receipts.select_related("recipient").order_by("position"),
        }

    def _source(self, request: HttpRequest, id: UUID) -> bytes:
        row = InboundMessage.objects.filter(pk=id).first()
        if row is None or not self.has_view_permission(request):
            raise Http404
        return bytes(row.raw)

    @admin.display(description="from")
    def mail_from_shown(self, row: InboundMessage) -> str:
        return row.mail_from or "<> (null sender)"

    @admin.display(description="kind")
    def kind_shown(self, row: InboundMessage) -> SafeString:
        return words.kind_label(row)

    @admin.display(description="received")
    def received(self, row: InboundMessage) -> Any:
        return moment(row.received_at)
