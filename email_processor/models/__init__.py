from email_processor.models.browser import Session, Turn
from email_processor.models.inbound import DeliveryReceipt, Evidence, InboundMessage, MatchedBy
from email_processor.models.message import Attachment, Content, Message, Priority, Ret
from email_processor.models.recipient import Event, EventType, Recipient, State

__all__ = [
    "Attachment",
    "Content",
    "DeliveryReceipt",
    "Event",
    "EventType",
    "Evidence",
    "InboundMessage",
    "MatchedBy",
    "Message",
    "Priority",
    "Recipient",
    "Ret",
    "Session",
    "State",
    "Turn",
]
