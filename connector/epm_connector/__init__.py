"""The Email Notification Connector: a client of EPM, the Email Platform Manager, over REST or SOAP."""

from epm_connector.base import DataConnector, available, connector_class
from epm_connector.email import EmailNotificationConnector
from epm_connector.email_async import AsyncEmailNotificationConnector
from epm_connector.errors import ConnectorError
from epm_connector.requests import Attachment, Email, To
from epm_connector.results import (
    Batch,
    BatchResult,
    Cancelled,
    CancelledRecipient,
    Event,
    Events,
    Happening,
    Launched,
    Receipt,
    Recipient,
    RecipientStatus,
    Sent,
    SmtpAnswer,
    Status,
)

__all__ = [
    "AsyncEmailNotificationConnector",
    "Attachment",
    "Batch",
    "BatchResult",
    "Cancelled",
    "CancelledRecipient",
    "ConnectorError",
    "DataConnector",
    "Email",
    "EmailNotificationConnector",
    "Event",
    "Events",
    "Happening",
    "Launched",
    "Receipt",
    "Recipient",
    "RecipientStatus",
    "Sent",
    "SmtpAnswer",
    "Status",
    "To",
    "available",
    "connector_class",
]
