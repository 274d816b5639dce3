"""The forms of the configuration pages, where they differ from what the model alone would make."""

import json
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminPasswordToggleWidget,
    UnfoldAdminSelectWidget,
)

from epm import validation
from epm.choices import ConnectionKind, Scope, Transport
from epm.models import Application, Credential, EmailConnection
from epm.models.credential import all_calling_scopes


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """The password is written, never shown; the port follows the transport until somebody changes it."""

    password = forms.CharField(
        required=False, widget=UnfoldAdminPasswordToggleWidget(attrs={"autocomplete": "new-password"})
    )

    class Meta:
        model = EmailConnection
        fields = "__all__"  # noqa: DJ007 - the admin page lists them
        widgets = {
            "transport": UnfoldAdminSelectWidget(
                attrs={"data-usual-ports": json.dumps({t.value: t.usual_port for t in Transport})}
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "password" not in self.fields:
            return
        self._kept = self.instance.password
        self.fields["password"].help_text = (
            "A password is set. Leave this empty to keep it."
            if self._kept
            else "Encrypted at rest, and never shown again."
        )
        self.initial.pop("password", None)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("kind") == ConnectionKind.DIRECT:
            # What is hidden from the form is not meant.
            cleaned.update(server="", user_name="", password="")
        if "password" in self.fields and not cleaned.get("password"):
            cleaned["password"] = self._kept if cleaned.get("user_name") else ""
        return cleaned


class CredentialForm(forms.ModelForm):  # type: ignore[type-arg]
    """Scopes as boxes to tick, and the applications checked against zone and channel."""

    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, initial=all_calling_scopes, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    class Meta:
        model = Credential
        fields = "__all__"  # noqa: DJ007 - the admin page lists them

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "applications" in self.fields:
            self.fields["applications"].queryset = Application.objects.select_related("zone")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        zone = cleaned.get("zone") or (None if self.instance._state.adding else self.instance.zone)
        if zone is None or "channel" not in cleaned:
            return cleaned
        if cleaned.get("all_applications"):
            cleaned["applications"] = Application.objects.none()
        asked = Credential(
            zone=zone, channel=cleaned["channel"], all_applications=cleaned.get("all_applications", False)
        )
        validation.check_applications_of(asked, list(cleaned.get("applications", ())))
        return cleaned


class RenewalForm(forms.Form):
    """How long the old secret works beside the new one."""

    OVERLAPS = (("0", "It stops at once"), ("1", "One more hour"), ("24", "One more day"), ("168", "One more week"),
                ("720", "30 more days"))  # fmt: skip
    """Hours, and what they are called."""

    overlap = forms.ChoiceField(label="The old secret", choices=OVERLAPS, initial="24", widget=UnfoldAdminSelectWidget)

    def old_until(self) -> datetime | None:
        """When the old secret stops; None: at once."""
        hours = int(self.cleaned_data["overlap"])
        return timezone.now() + timedelta(hours=hours) if hours else None
