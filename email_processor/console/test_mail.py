"""Sending a test mail from the console: accepted as any other mail, to a simulated recipient unless asked otherwise."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from email_processor.models import Recipient
from email_processor.outbound.acceptance import accept
from email_processor.outbound.submission import Destination, Mailbox, Options, Refused, Submission
from epm.console.links import change_url
from epm.models import Application, EmailConnection, Zone
from epm.validation import lines_of, mail_address, split_address

PERMISSION = "epm.change_application"
SIMULATED_DOMAIN = "simulated.example"
FIELDS = {"from": "sender", "to": "to", "subject": "subject"}
"""Which of the form's fields a refusal's field is."""


class TestMailForm(forms.Form):
    """What to send. Field names are those of `sendEmail` where it has them."""

    __test__ = False

    to = forms.CharField(validators=[mail_address], widget=UnfoldAdminTextInputWidget)
    sender = forms.CharField(label="From", validators=[mail_address], widget=UnfoldAdminTextInputWidget)
    subject = forms.CharField(widget=UnfoldAdminTextInputWidget, initial="A test mail")
    text = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        initial="Sent from the console of the Email Platform Manager.",
    )
    sandbox = forms.BooleanField(
        required=False,
        initial=True,
        label="Send it into the simulated mail world",
        help_text="Nothing leaves this machine; reports come back as from real servers. Untick to send by the real connection.",
        widget=UnfoldBooleanWidget,
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """For whom the test mail is sent: an application, or a connection alone."""

    row: Application | EmailConnection
    zone: Zone

    @property
    def application(self) -> Application | None:
        return self.row if isinstance(self.row, Application) else None

    @property
    def connection(self) -> str:
        return self.row.name if isinstance(self.row, EmailConnection) else ""

    @property
    def query(self) -> str:
        return f"{self.row._meta.model_name}={self.row.pk}"


def panel(request: HttpRequest, row: Application | EmailConnection) -> dict[str, Any]:
    """The form below an application or a connection."""
    origin = Origin(row, row.zone)
    return {"form": _form(origin), "url": f"{reverse('admin:test_mail')}?{origin.query}", "origin": origin}


def page(request: HttpRequest) -> HttpResponse:
    """The form on a page of its own: what the panel posts to, and what shows a refusal."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    origin = _origin(request)
    form = _form(origin, request.POST if request.method == "POST" else None)
    if form.is_valid() and (recipient := _accepted(request, origin, form)):
        return redirect(change_url(recipient))
    context = {**admin.site.each_context(request), "title": "Send a test mail", "form": form, "origin": origin}
    return TemplateResponse(request, "email_processor/test_mail.html", context)


def _origin(request: HttpRequest) -> Origin:
    for model in (Application, EmailConnection):
        if key := request.GET.get(str(model._meta.model_name)):
            try:
                row = model.objects.select_related("zone").filter(pk=key).first()
            except (ValueError, ValidationError):
                row = None
            if row is not None:
                return Origin(row, row.zone)
    raise Http404


def _form(origin: Origin, data: Any = None) -> TestMailForm:
    form = TestMailForm(data, initial={"to": f"delivered@{SIMULATED_DOMAIN}", "sender": _usual_sender(origin)})
    if origin.application is None:
        del form.fields["sandbox"]
    return form


def _usual_sender(origin: Origin) -> str:
    """An address that the application, or the connection's zone, may send from."""
    row = origin.row
    wished = lines_of(row.allowed_senders) if isinstance(row, Application) else [row.sender_address]
    addresses = [line for line in wished if split_address(line)[0]]
    domains = [line.removeprefix("@") for line in wished if line.startswith("@")] + lines_of(origin.zone.sender_domains)
    return addresses[0] if addresses else f"test@{domains[0].replace('*.', 'mail.')}" if domains else ""


def _accepted(request: HttpRequest, origin: Origin, form: TestMailForm) -> Recipient | None:
    """The recipient of the mail now queued; None where it was refused, with the reason at the form's field."""
    asked = form.cleaned_data
    submission = Submission(
        zone=origin.zone,
        application=origin.application,
        credential=None,
        sender=Mailbox("@".join(split_address(asked["sender"]))),
        destinations=(Destination(Mailbox("@".join(split_address(asked["to"])))),),
        subject=asked["subject"],
        text=asked["text"],
        options=Options(connection=origin.connection, sandbox=asked.get("sandbox", False), tags=("test",)),
    )
    try:
        accepted = accept(submission)
    except Refused as refused:
        form.add_error(FIELDS.get(refused.field), refused.detail)
        return None
    messages.success(
        request, "The mail is accepted and queued. This page shows what becomes of it; reload it to see more."
    )
    return accepted.recipients[0]
