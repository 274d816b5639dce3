import json
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminPasswordToggleWidget, UnfoldAdminSelectWidget

from epm.choices import MailboxProtocol, MailboxTransport
from epm.models import Mailbox

SECRETS = ("password", "client_secret", "refresh_token")


def _secret() -> forms.CharField:
    return forms.CharField(
        required=False, widget=UnfoldAdminPasswordToggleWidget(attrs={"autocomplete": "new-password"})
    )


class MailboxForm(forms.ModelForm):  # type: ignore[type-arg]
    """Secrets are written, never shown; the port follows the transport until somebody changes it."""

    password = _secret()
    client_secret = _secret()
    refresh_token = _secret()

    class Meta:
        model = Mailbox
        fields = "__all__"  # noqa: DJ007 - the admin page lists them
        widgets = {
            "transport": UnfoldAdminSelectWidget(
                attrs={
                    "data-usual-ports": json.dumps(
                        {t.value: MailboxProtocol.IMAP.usual_port(t) for t in MailboxTransport}
                    )
                }
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept = {name: getattr(self.instance, name) for name in SECRETS if name in self.fields}
        for name, value in self._kept.items():
            self.fields[name].help_text = (
                "It is set. Leave this empty to keep it." if value else "Encrypted at rest, and never shown again."
            )
            self.initial.pop(name, None)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name, value in self._kept.items():
            cleaned[name] = cleaned.get(name) or value
        return cleaned
