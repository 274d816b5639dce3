"""Reading delivery reports: bytes in, values out. No database, no network, never an exception."""

from .parser import parse
from .report import Action, Fault, Reason, Report, ReportedRecipient

__all__ = ["Action", "Fault", "Reason", "Report", "ReportedRecipient", "parse"]
