from django.urls import include, path, re_path

from app_interface.rest import managing, views
from app_interface.rest.answering import nothing_here

v1 = [
    path("emails", views.Emails.as_view(), name="emails"),
    path("emails/batch", views.Batch.as_view(), name="batch"),
    path("emails/<str:message_id>", views.Email.as_view(), name="email"),
    path("emails/<str:message_id>/cancel", views.Cancel.as_view(), name="cancel"),
    path("launches", views.Launches.as_view(), name="launches"),
    path("receipts", views.Receipts.as_view(), name="receipts"),
    path("receipts/<str:receipt_id>", views.Receipt.as_view(), name="receipt"),
    path("receipts/<str:receipt_id>/raw", views.ReceiptRaw.as_view(), name="receipt_raw"),
    path("traffic", views.Traffic.as_view(), name="traffic"),
    path("events", views.Events.as_view(), name="events"),
    path("notifications", views.Notifications.as_view(), name="notifications"),
    path("notifications/replay", views.Replay.as_view(), name="replay"),
    path("notifications/<str:notification_id>/replay", views.ReplayOne.as_view(), name="replay_one"),
    path("suppressions", views.Suppressions.as_view(), name="suppressions"),
    path("suppressions/<str:suppression_id>", views.Suppression.as_view(), name="suppression"),
    path("inbound", views.Inbound.as_view(), name="inbound"),
    path("status", views.Status.as_view(), name="status"),
    *managing.urls(),
    path("problems/<str:code>", views.ProblemKind.as_view(), name="problem_kind"),
    path("schema", views.Schema.as_view(), name="schema"),
]
urlpatterns = [
    path("api/v1/", include(v1)),
    path("api/docs", views.Docs.as_view(), name="docs"),
    path("", include("app_interface.soap.urls")),
    re_path(r"^api(?:/|$)", nothing_here),
]
