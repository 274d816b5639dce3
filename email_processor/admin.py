"""What the Email Processor shows in the console."""

from django.contrib import admin

from email_processor.console import about, dashboard, destinations, finding, test_mail, tls, traffic, ways
from email_processor.console.mail import MessageAdmin, RecipientAdmin
from email_processor.console.paused import PausedDestinationAdmin
from email_processor.console.reports import DeliveryReceiptAdmin, InboundMessageAdmin
from email_processor.console.sessions import SessionAdmin
from email_processor.console.suppressions import SuppressionAdmin
from email_processor.models import (
    DeliveryReceipt,
    InboundMessage,
    Message,
    PausedDestination,
    Recipient,
    Session,
    Suppression,
)
from epm.console.groups import OPERATORS, SUPPORT
from epm.console.registry import Box, Entry, Page, Panel, console
from epm.models import Application, EmailConnection

admin.site.register(Message, MessageAdmin)
admin.site.register(Recipient, RecipientAdmin)
admin.site.register(PausedDestination, PausedDestinationAdmin)
admin.site.register(DeliveryReceipt, DeliveryReceiptAdmin)
admin.site.register(InboundMessage, InboundMessageAdmin)
admin.site.register(Session, SessionAdmin)
admin.site.register(Suppression, SuppressionAdmin)

_SEEN = "email_processor.view_message"
_SUPPRESSIONS_SEEN = "email_processor.view_suppression"
_BOXES = "email_processor/boxes"
console.boxes += [
    Box(f"{_BOXES}/first_mail.html", dashboard.first_mail_box, order=10, wide=True),
    Box(f"{_BOXES}/find.html", dashboard.find_box, _SEEN, order=20, wide=True),
    Box(f"{_BOXES}/day.html", dashboard.day_box, _SEEN, order=30, wide=True),
    Box(f"{_BOXES}/attention.html", dashboard.attention_box, _SEEN, order=40),
    Box(f"{_BOXES}/ways.html", ways.box, "epm.view_emailconnection", order=50),
]
console.pages += [
    Page("find/", finding.find, "find"),
    Page("test-mail/", test_mail.page, "test_mail"),
    Page("traffic/", traffic.page, "traffic"),
    Page("pace/", destinations.page, "pace"),
    Page("tls-reports/", tls.page, "tls_reports"),
    Page("tls-reports/report.json", tls.download, "tls_report"),
    Page("help/", about.page, "help"),
]
_TEST_MAIL = Panel(
    "email_processor/test_mail_panel.html", test_mail.panel, test_mail.PERMISSION, "Send a test mail", "send"
)
console.add_panel(EmailConnection, Panel("email_processor/way_panel.html", ways.panel))
for _model in (Application, EmailConnection):
    console.add_panel(_model, _TEST_MAIL)

console.entries += [
    Entry("Mail", "Messages", "mail", "email_processor_message_changelist", _SEEN, 10),
    Entry("Mail", "Recipients", "alternate_email", "email_processor_recipient_changelist", _SEEN, 20),
    Entry("Mail", "Receipts", "receipt_long", "email_processor_deliveryreceipt_changelist", _SEEN, 30),
    Entry("Mail", "Expected and received", "monitoring", "traffic", _SEEN, 35),
    Entry("Mail", "Inbound mail", "inbox", "email_processor_inboundmessage_changelist", _SEEN, 40),
    Entry(
        "Mail", "Suppressions", "do_not_disturb_on", "email_processor_suppression_changelist", _SUPPRESSIONS_SEEN, 70
    ),
    Entry("Mail", "Sessions", "language", "email_processor_session_changelist", _SEEN, 60),
    Entry("Mail", "Current pace", "speed", "pace", destinations.PERMISSION, 75),
    Entry(
        "Mail",
        "Paused destinations",
        "pause_circle",
        "email_processor_pauseddestination_changelist",
        "email_processor.view_pauseddestination",
        80,
    ),
    Entry("Mail", "TLS reports", "lock", "tls_reports", tls.PERMISSION, 78),
    Entry("Help", "Simulated recipients", "help", "help", order=10),
]
_VIEWS = (
    "message",
    "recipient",
    "event",
    "deliveryreceipt",
    "inboundmessage",
    "session",
    "turn",
    "suppression",
    "pauseddestination",
)
for _group in (OPERATORS, SUPPORT):
    console.grant(_group, "email_processor", "change_recipient", *(f"view_{model}" for model in _VIEWS))
console.grant(OPERATORS, "email_processor", "add_suppression", "delete_suppression")
console.grant(OPERATORS, "email_processor", *(f"{verb}_pauseddestination" for verb in ("add", "change", "delete")))
