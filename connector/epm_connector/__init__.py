"""The Email Notification Connector: a client of EPM, the Email Platform Manager, over REST or SOAP."""

from epm_connector.base import DataConnector, available, connector_class
from epm_connector.email import EmailNotificationConnector
from epm_connector.errors import ConnectorError
from epm_connector.requests import Attachment, Email
from epm_connector.results import Happening, Launched, Receipt, Recipient, RecipientStatus, Sent, SmtpAnswer, Status

__all__ = [
    "Attachment",
    "ConnectorError",
    "DataConnector",
    "Email",
    "EmailNotificationConnector",
    "Happening",
    "Launched",
    "Receipt",
    "Recipient",
    "RecipientStatus",
    "Sent",
    "SmtpAnswer",
    "Status",
    "available",
    "connector_class",
]
