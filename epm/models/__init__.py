from epm.models.application import Application, ApplicationAddress
from epm.models.connection import EmailConnection
from epm.models.credential import Credential
from epm.models.mailbox import Mailbox
from epm.models.sender_domain import DkimKey, SenderDomain
from epm.models.zone import Zone

__all__ = [
    "Application",
    "ApplicationAddress",
    "Credential",
    "DkimKey",
    "EmailConnection",
    "Mailbox",
    "SenderDomain",
    "Zone",
]
