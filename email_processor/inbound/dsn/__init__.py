"""Reading delivery reports, read reports and complaints: bytes in, values out. No database, no network, never an exception."""

from .complaint import Complaint, parse_complaint
from .disposition import ReadReport, parse_read_report
from .parser import parse
from .report import Action, Fault, Reason, Report, ReportedRecipient

__all__ = [
    "Action",
    "Complaint",
    "Fault",
    "ReadReport",
    "Reason",
    "Report",
    "ReportedRecipient",
    "parse",
    "parse_complaint",
    "parse_read_report",
]
