"""Configuration in the console: zones, applications, connections, credentials, and the people who log in."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from epm import advice
from epm.console import secret_pages
from epm.console.credentials import CredentialAdmin
from epm.console.forms import ConnectionForm
from epm.console.groups import OPERATORS, SUPPORT
from epm.console.links import change_url
from epm.console.mailbox_form import SECRETS, MailboxForm
from epm.console.pages import ConfigurationAdmin, InZoneAdmin
from epm.console.registry import Entry, console
from epm.console.sender_domains import PANEL, SenderDomainAdmin
from epm.console.shown import BAD, GOOD, QUIET, code, enabled_label, label, masked, moment, shown_if
from epm.models import Application, ApplicationAddress, Credential, EmailConnection, Mailbox, SenderDomain, Zone
from epm.models.application import new_signing_secret

OAUTH2_FIELDS = ("token_url", "client_id", "client_secret", "refresh_token", "scope")


@admin.register(Zone)
class ZoneAdmin(ConfigurationAdmin):
    list_display = ("name", "description", "applications_count", "connections_count")
    search_fields = ("name", "description")
    fieldsets = (
        (None, {"fields": ("name", "description")}),
        ("Sending", {"fields": ("sender_domains",)}),
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Zone]":
        counted = super().get_queryset(request)
        return counted.annotate(  # type: ignore[no-any-return]
            of_applications=Count("applications", distinct=True), of_connections=Count("connections", distinct=True)
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Zone | None = None) -> Any:
        return ("name",) if obj else ()

    @admin.display(description="applications")
    def applications_count(self, row: Any) -> int:
        return int(row.of_applications)

    @admin.display(description="connections")
    def connections_count(self, row: Any) -> int:
        return int(row.of_connections)


class AddressInline(TabularInline):  # type: ignore[misc]
    model = ApplicationAddress
    extra = 1
    verbose_name = "address it answers to"
    verbose_name_plural = "addresses it answers to"
    hide_title = True


@admin.register(Application)
class ApplicationAdmin(InZoneAdmin):
    list_display = (
        "name",
        "zone",
        enabled_label,
        "message_types",
        "addresses_list",
        "application_url",
        "notification_url",
    )
    list_filter = ("zone", "message_types", "enabled")
    search_fields = ("name", "short_code", "addresses__address")
    readonly_fields = ("signing_secret_shown",)
    radio_fields = {"message_types": admin.VERTICAL}
    inlines = (AddressInline,)
    actions_detail = ("renew_signing_secret",)
    conditional_fields = {"in_doubt_wait": shown_if("in_doubt_policy", "== 'wait'")}
    fieldsets = (
        (None, {"fields": ("zone", "name", "enabled", "short_code")}),
        (
            "What it is launched for",
            {
                "fields": ("message_types", "application_url"),
                "description": "With Delivery an application URL is compulsory: receipts launch it.",
            },
        ),
        ("Whom to tell", {"fields": ("notification_url", "signing_secret_shown")}),
        ("Sending", {"fields": ("allowed_senders", "registered_delivery", "in_doubt_policy", "in_doubt_wait")}),
        ("What to believe", {"fields": ("believe_unsigned",)}),
        ("Whom to send no more", {"fields": ("suppress_hard_bounces", "suppress_complaints")}),
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Application]":
        return super().get_queryset(request).prefetch_related("addresses")

    def get_fieldsets(self, request: HttpRequest, obj: Application | None = None) -> Any:
        """The signing secret is made with the row, and shown to those who may change it."""
        if obj is not None and self.has_change_permission(request, obj):
            return self.fieldsets
        return [
            (title, {**options, "fields": tuple(f for f in options["fields"] if f != "signing_secret_shown")})
            for title, options in self.fieldsets
        ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "registered_delivery" and field is not None:
            field.choices = [("", "As the connection says"), *field.choices[1:]]
        return field

    def advice_about(self, row: Application) -> list[str]:
        return advice.about_application(row)

    @admin.display(description="addresses")
    def addresses_list(self, row: Application) -> str:
        return ", ".join(address.address for address in row.addresses.all()) or "–"

    @admin.display(description="signing secret")
    def signing_secret_shown(self, row: Application) -> SafeString:
        return masked(row.signing_secret)

    @action(description="Renew signing secret", permissions=["change"], icon="key")  # type: ignore[untyped-decorator]
    def renew_signing_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = secret_pages.row_or_404(self, request, object_id)
        if request.method != "POST":
            return secret_pages.confirm(
                self, request, row, "Renew the signing secret",
                "Calls to both URLs are signed with the new secret from now on; "
                "the receiver refuses them until it knows the new one. The old secret is lost.",
            )  # fmt: skip
        row.signing_secret = new_signing_secret()
        row.save(update_fields=["signing_secret"])
        self.log_change(request, row, "Renewed the signing secret.")
        messages.success(request, "The signing secret is new. Give it to the receiver now.")
        return redirect(change_url(row))


_THROUGH_ONE_SERVER = shown_if("kind", "!= 'direct'")
_DIRECTLY = shown_if("kind", "== 'direct'")
_WITH_USER_NAME = shown_if("user_name", "!= ''")
_WITH_TLS = shown_if("transport", "!= 'tcp'")


@admin.register(EmailConnection)
class EmailConnectionAdmin(InZoneAdmin):
    form = ConnectionForm
    list_display = (
        "name",
        "zone",
        enabled_label,
        "kind",
        "server",
        "port",
        "transport",
        "preference",
        "weight",
        "seen",
    )
    list_filter = ("zone", "kind", "transport", "enabled")
    search_fields = ("name", "server")
    radio_fields = {"kind": admin.VERTICAL}
    readonly_fields = ("features", "seen")
    conditional_fields = {
        "server": _THROUGH_ONE_SERVER,
        "transport": _THROUGH_ONE_SERVER,
        "user_name": _THROUGH_ONE_SERVER,
        "password": f"({_THROUGH_ONE_SERVER}) && ({_WITH_USER_NAME})",
        "verify_certificate": f"({_THROUGH_ONE_SERVER}) && ({_WITH_TLS})",
        "tls_policy": _DIRECTLY,
        "tls_policy_of_domains": _DIRECTLY,
        "max_per_destination": _DIRECTLY,
        "max_per_second_per_destination": _DIRECTLY,
    }
    fieldsets = (
        (None, {"fields": ("zone", "name", "enabled", "kind", "preference", "weight")}),
        ("Server", {"fields": ("server", "transport", "port", "verify_certificate", "user_name", "password")}),
        ("Protection", {"fields": ("tls_policy", "tls_policy_of_domains")}),
        ("Where it comes from", {"fields": ("source_ipv4", "source_ipv6")}),
        ("Envelope", {"fields": ("return_path_domain", "sender_address", "registered_delivery")}),
        (
            "Limits",
            {"fields": ("max_connections", "max_per_destination", "max_per_second", "max_per_second_per_destination")},
        ),
        ("When last greeted", {"fields": ("features", "seen")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: EmailConnection | None = None) -> Any:
        """The password is a form's matter: whoever only reads sees no trace of it."""
        if obj is not None and not self.has_change_permission(request, obj):
            hidden = ("password",)
            return [
                (title, {**options, "fields": tuple(f for f in options["fields"] if f not in hidden)})
                for title, options in self.fieldsets
            ]
        return self.fieldsets if obj else self.fieldsets[:-1]

    def advice_about(self, row: EmailConnection) -> list[str]:
        return advice.about_connection(row)

    @admin.display(description="offered (EHLO)")
    def features(self, row: EmailConnection) -> Any:
        offered = sorted(row.ehlo_features or ())
        return SafeString(" ".join(code(word) for word in offered)) if offered else "Not greeted yet"

    @admin.display(description="last greeted", ordering="ehlo_seen_at")
    def seen(self, row: EmailConnection) -> Any:
        return moment(row.ehlo_seen_at)


@admin.register(Mailbox)
class MailboxAdmin(InZoneAdmin):
    form = MailboxForm
    list_display = ("name", "zone", enabled_label, "protocol", "server", "user_name", "health", "taken", "checked")
    list_filter = ("zone", "protocol", "enabled")
    search_fields = ("name", "server", "user_name")
    readonly_fields = ("health", "taken", "checked")
    conditional_fields = {
        "password": shown_if("login", "== 'password'"),
        **{name: shown_if("login", "== 'oauth2'") for name in OAUTH2_FIELDS},
        "verify_certificate": shown_if("transport", "!= 'tcp'"),
        "folder": shown_if("protocol", "== 'imap'"),
        "idle": shown_if("protocol", "== 'imap'"),
        "move_to": shown_if("after_taking", "== 'move'"),
        "expunge": shown_if("after_taking", "!= 'mark'"),
    }
    fieldsets = (
        (None, {"fields": ("zone", "name", "enabled")}),
        ("Server", {"fields": ("protocol", "server", "transport", "port", "verify_certificate")}),
        ("Login", {"fields": ("login", "user_name", "password", *OAUTH2_FIELDS)}),
        (
            "What is read",
            {"fields": ("folder", "after_taking", "move_to", "expunge", "idle", "poll_seconds", "address")},
        ),
        ("When last read", {"fields": ("health", "checked", "taken")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Mailbox | None = None) -> Any:
        """Secrets are a form's matter: whoever only reads sees no trace of them."""
        if obj is None:
            return self.fieldsets[:-1]
        hidden = () if self.has_change_permission(request, obj) else SECRETS
        return [
            (title, {**options, "fields": tuple(f for f in options["fields"] if f not in hidden)})
            for title, options in self.fieldsets
        ]

    def advice_about(self, row: Mailbox) -> list[str]:
        return advice.about_mailbox(row)

    @admin.display(description="health")
    def health(self, row: Mailbox) -> SafeString:
        if row.problem:
            return label(row.problem, BAD)
        return label("read", GOOD) if row.checked_at else label("not read yet", QUIET)

    @admin.display(description="last read", ordering="checked_at")
    def checked(self, row: Mailbox) -> Any:
        return moment(row.checked_at)


admin.site.register(Credential, CredentialAdmin)
admin.site.register(SenderDomain, SenderDomainAdmin)
console.add_panel(SenderDomain, PANEL)

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]
    pass


_MODELS = ("zone", "application", "applicationaddress", "emailconnection", "mailbox", "senderdomain", "credential")
console.grant(OPERATORS, "epm", *(f"{verb}_{m}" for m in _MODELS for verb in ("add", "change", "delete", "view")))
console.grant(SUPPORT, "epm", *(f"view_{m}" for m in _MODELS if m != "credential"))
console.entries += [
    Entry("Configuration", "Applications", "apps", "epm_application_changelist", "epm.view_application", 10),
    Entry("Configuration", "Connections", "dns", "epm_emailconnection_changelist", "epm.view_emailconnection", 20),
    Entry("Configuration", "Mailboxes", "inbox", "epm_mailbox_changelist", "epm.view_mailbox", 25),
    Entry("Configuration", "Sender domains", "verified", "epm_senderdomain_changelist", "epm.view_senderdomain", 27),
    Entry("Configuration", "Credentials", "key", "epm_credential_changelist", "epm.view_credential", 30),
    Entry("Configuration", "Zones", "lan", "epm_zone_changelist", "epm.view_zone", 40),
    Entry("Configuration", "People", "person", "auth_user_changelist", "auth.view_user", 50),
    Entry("Configuration", "Groups", "group", "auth_group_changelist", "auth.view_group", 60),
]
