from email_processor.models.browser import Session, Turn
from email_processor.models.inbound import DeliveryReceipt, Evidence, InboundMessage, MatchedBy, ReceiptSeal
from email_processor.models.message import Attachment, Content, Message, Priority, Ret
from email_processor.models.pace import PaceWindow, PausedDestination, SlowedDestination
from email_processor.models.recipient import Event, EventType, Recall, Recipient, State
from email_processor.models.standing import ConnectionStanding, ProcessorStatus
from email_processor.models.suppression import Suppression
from email_processor.models.tls import PolicyType, TlsSessions

__all__ = [
    "Attachment",
    "ConnectionStanding",
    "Content",
    "DeliveryReceipt",
    "Event",
    "EventType",
    "Evidence",
    "InboundMessage",
    "MatchedBy",
    "Message",
    "PaceWindow",
    "PausedDestination",
    "PolicyType",
    "Priority",
    "ProcessorStatus",
    "Recall",
    "ReceiptSeal",
    "Recipient",
    "Ret",
    "Session",
    "SlowedDestination",
    "State",
    "Suppression",
    "TlsSessions",
    "Turn",
]
