"""The two kinds of pages: configuration that operators edit, and records of what happened, which nobody edits."""

from typing import Any

from django.contrib import messages
from django.db.models import Model, QuerySet, TextField
from django.db.models.deletion import PROTECT
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from epm.console.links import change_url
from epm.console.registry import console
from epm.models import Zone


class ConfigurationAdmin(ModelAdmin):  # type: ignore[misc]
    """Pages of a model that operators edit. Panels from the registry stand below its form."""

    compressed_fields = True
    warn_unsaved_form = True
    list_filter_submit = False
    actions = None
    change_form_outer_before_template = "console/panel_links.html"
    change_form_outer_after_template = "console/panels.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        row = self.get_object(request, object_id) if object_id else None
        panels = console.panels_for(request, row) if row is not None and request.method == "GET" else []
        return super().changeform_view(request, object_id, form_url, {"panels": panels, **(extra_context or {})})

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(db_field, TextField):
            field.widget.attrs["rows"] = 3
        return field

    def advice_about(self, row: Any) -> list[str]:
        """What to tell the operator who has just saved `row`."""
        return []

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for sentence in self.advice_about(form.instance):
            messages.warning(request, sentence)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponseBase:
        row = self.get_object(request, object_id)
        if row is not None and self.has_delete_permission(request, row) and (users := still_refer_to(row)):
            messages.error(request, f"{row} cannot be deleted: {' and '.join(users)} refer to it. Disable it instead.")
            return redirect(change_url(row))
        return super().delete_view(request, object_id, extra_context)  # type: ignore[no-any-return]


class InZoneAdmin(ConfigurationAdmin):
    """Of a model whose rows stay in the zone they were made in."""

    list_select_related = ("zone",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request).select_related("zone")  # type: ignore[no-any-return]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *(["zone"] if obj else [])]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Where there is one zone only, nobody has to choose it."""
        zones = list(Zone.objects.values_list("pk", flat=True)[:2])
        return {**({"zone": zones[0]} if len(zones) == 1 else {}), **super().get_changeform_initial_data(request)}


class RecordAdmin(ModelAdmin):  # type: ignore[misc]
    """Pages of a model whose rows are truth: read, never edited. A row's page is `page_template`, drawn from `page_context`.

    Lists never count: such a table has millions of rows.
    """

    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    actions = None
    list_filter_submit = True
    search_help_text = ""
    page_template = ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What `page_template` shows besides the row."""
        return {}

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        row = self.get_object(request, object_id or "")
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, row):
            return self.admin_site.login(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(row),
            "original": row,
            "row": row,
            **self.page_context(request, row),
        }
        return TemplateResponse(request, self.page_template, context)

    def lookup(self, queryset: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        """The rows that `term` names, by indexed columns only."""
        return queryset.none()

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> "tuple[QuerySet[Any], bool]":
        return (self.lookup(queryset, search_term.strip()) if search_term.strip() else queryset), False


def still_refer_to(row: Model) -> list[str]:
    """What keeps `row` from being deleted: the plural names of the models that refer to it for good."""
    relations = (
        relation
        for relation in row._meta.get_fields(include_hidden=True)
        if isinstance(relation, ForeignObjectRel) and relation.on_delete is PROTECT
    )
    models = {relation.related_model: relation.field for relation in relations}
    return sorted(
        str(model._meta.verbose_name_plural)
        for model, field in models.items()
        if model._base_manager.filter(**{field.name: row}).exists()
    )
