"""The suppression list in the console: look up, put on, take off with a reason, import and export."""

from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from email_processor import suppression
from email_processor.console import suppression_files, words
from email_processor.console.finding import as_uuid, ids_in
from email_processor.models import Suppression
from email_processor.suppression import Source
from epm.console.filters import MadeBetweenFilter
from epm.console.links import change_url, list_url
from epm.console.pages import RecordAdmin
from epm.console.shown import QUIET, label, moment
from epm.models import Application, Zone
from epm.validation import mail_address

MAY_ADD, MAY_LIFT = "email_processor.add_suppression", "email_processor.delete_suppression"


class PlaceForm(forms.Form):
    """Whose list it is about."""

    zone = forms.ModelChoiceField(Zone.objects.all(), widget=UnfoldAdminSelectWidget)
    application = forms.ModelChoiceField(
        Application.objects.select_related("zone"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        empty_label="All of the zone",
        help_text="Chosen, only this application sends no more.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        zone, application = cleaned.get("zone"), cleaned.get("application")
        if zone is not None and application is not None and application.zone_id != zone.pk:
            raise ValidationError({"application": f"{application} is not in zone {zone}."})
        return cleaned


class SuppressForm(PlaceForm):
    """One address."""

    address = forms.CharField(max_length=320, validators=[mail_address], widget=UnfoldAdminTextInputWidget)
    reason = forms.CharField(
        max_length=300,
        widget=UnfoldAdminTextInputWidget,
        help_text="Shown wherever a mail to it is held back.",
    )
    until = forms.DateField(
        required=False, widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}), help_text="Left empty, for good."
    )


class ImportForm(PlaceForm):
    """A CSV file of addresses."""

    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,text/csv"}),
        help_text="CSV in UTF-8. The first line names the columns: address, and if you like reason and until (2030-01-31).",
    )


class LiftForm(forms.Form):
    """Why an address comes off the list."""

    reason = forms.CharField(
        label="Why",
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="Kept in the console's log.",
    )


class SuppressionAdmin(RecordAdmin):
    list_display = ("address", "place", "source_shown", "reason", "since", "until")
    list_filter = (
        ("zone", RelatedDropdownFilter),
        ("application", RelatedDropdownFilter),
        ("source", ChoicesDropdownFilter),
        ("created_at", MadeBetweenFilter),
    )
    list_select_related = ("zone", "application__zone")
    search_fields = ("address",)
    search_help_text = "The address, or an entry's id"
    sortable_by = ()
    page_template = "email_processor/suppression.html"
    actions_list = ("import_file", "export_file")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_add(request)

    def lookup(self, queryset: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        if (id := as_uuid(term)) is not None:
            return queryset.filter(pk=id)
        # By zone first: that is how the index begins.
        return queryset.filter(zone__in=list(Zone.objects.all()), address=suppression.comparable(term))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Suppression | None:
        related = Suppression.objects.select_related("zone", "application__zone")
        return related.filter(pk__in=ids_in(object_id)).first()

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self._lift))
        lift = path("<uuid:id>/lift/", view, name="email_processor_suppression_lift")
        return [lift, *super().get_urls()]

    def page_context(self, request: HttpRequest, row: Suppression) -> dict[str, Any]:
        return {
            "meaning": words.SUPPRESSIONS[Source(row.source)],
            "lift": LiftForm() if request.user.has_perm(MAY_LIFT) else None,
        }

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Put one address on the list."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = SuppressForm(request.POST if request.method == "POST" else None, initial=_usual(request))
        if not form.is_valid():
            return self._form_page(request, form, "Put an address on the list", "Put on the list")
        asked = form.cleaned_data
        until = datetime.combine(asked["until"], time.min, UTC) if asked["until"] else None
        entry = suppression.suppress(
            asked["zone"], asked["application"], asked["address"], asked["reason"], Source.HAND, expires_at=until
        )
        self.log_addition(request, entry, f"Suppressed: {entry.reason}")
        messages.success(request, f"{entry.address} is on the suppression list.")
        return redirect(change_url(entry))

    @action(description="Import", url_path="import", icon="upload", permissions=["import_file"])  # type: ignore[untyped-decorator]
    def import_file(self, request: HttpRequest) -> HttpResponse:
        """Put the addresses of a CSV file on the list: all of them, or none where a line is wrong."""
        posted = request.method == "POST"
        form = ImportForm(request.POST if posted else None, request.FILES if posted else None, initial=_usual(request))
        if form.is_valid():
            try:
                text = form.cleaned_data["file"].read().decode()
                wanted = suppression_files.read(text, form.cleaned_data["zone"], form.cleaned_data["application"])
            except UnicodeDecodeError:
                form.add_error("file", "This is no UTF-8. Save the file as CSV in UTF-8.")
            except ValidationError as error:
                form.add_error("file", error)
            else:
                fresh = suppression.suppress_all(wanted)
                messages.success(request, f"{fresh} of {len(wanted)} addresses are new on the list.")
                return redirect(list_url(Suppression))
        return self._form_page(request, form, "Import a file", "Import")

    def has_import_file_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    @action(description="Export", url_path="export", icon="download", permissions=["view"])  # type: ignore[untyped-decorator]
    def export_file(self, request: HttpRequest) -> HttpResponseBase:
        """The whole list as a CSV file."""
        entries = Suppression.objects.select_related("zone", "application").order_by("-pk").iterator(chunk_size=2000)
        return StreamingHttpResponse(
            suppression_files.written(entries),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="suppressions.csv"'},
        )

    def _lift(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """Take an entry off the list; the reason goes into the console's log."""
        if not request.user.has_perm(MAY_LIFT):
            raise PermissionDenied
        entry = get_object_or_404(Suppression.objects.select_related("zone", "application"), pk=id)
        form = LiftForm(request.POST)
        if not form.is_valid():
            messages.error(request, "Say why: others will ask.")
            return redirect(change_url(entry))
        why = form.cleaned_data["reason"]
        self.log_change(request, entry, f"Lifted ({entry.zone}, {entry.application or 'all applications'}): {why}")
        suppression.lift(entry.zone, entry.application, entry.address)
        messages.success(request, f"{entry.address} gets mail again.")
        return redirect(list_url(Suppression))

    def _form_page(self, request: HttpRequest, form: forms.Form, title: str, button: str) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, "form": form}
        return TemplateResponse(request, "email_processor/suppression_form.html", {**context, "button": button})

    @admin.display(description="for")
    def place(self, row: Suppression) -> str:
        return str(row.application) if row.application else f"{row.zone.name}, all applications"

    @admin.display(description="source")
    def source_shown(self, row: Suppression) -> SafeString:
        return label(row.get_source_display(), QUIET, words.SUPPRESSIONS[Source(row.source)])

    @admin.display(description="since")
    def since(self, row: Suppression) -> Any:
        return moment(row.created_at)

    @admin.display(description="until")
    def until(self, row: Suppression) -> Any:
        return moment(row.expires_at) if row.expires_at else "for\N{NO-BREAK SPACE}good"


def _usual(request: HttpRequest) -> dict[str, Any]:
    """What the link that led here names; where there is one zone only, that."""
    zones = list(Zone.objects.values_list("pk", flat=True)[:2])
    named = {name: request.GET[name] for name in ("zone", "application", "address") if name in request.GET}
    return {**({"zone": zones[0]} if len(zones) == 1 else {}), **named}


def may_add(request: HttpRequest) -> bool:
    return request.user.has_perm(MAY_ADD)


def add_url(zone: Zone, address: str) -> str:
    """The form that puts `address` on the list."""
    query = urlencode({"zone": zone.pk, "address": address})
    return f"{reverse('admin:email_processor_suppression_add')}?{query}"
