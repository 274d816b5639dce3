"""A mail's report as plain rows, for commands and for measuring readers against each other."""

from . import mime
from .complaint import Complaint, read_complaint
from .mail import Mail
from .parser import parse_mail
from .report import Report

Row = dict[str, str]


def rows(raw: bytes) -> list[Row]:
    """One row per reported recipient, or per recipient of a complaint (reason "complaint"); [] for any other mail."""
    mail = Mail(mime.parse(raw))
    complaint = read_complaint(mail)
    if complaint is not None:
        return _complaint_rows(complaint)
    report = parse_mail(mail)
    return [] if report is None else _report_rows(report)


def _report_rows(report: Report) -> list[Row]:
    return [
        {
            "recipient": recipient.final_recipient,
            "final_recipient": recipient.final_recipient,
            "original_recipient": recipient.original_recipient,
            "action": recipient.action.value,
            "status": recipient.status,
            "diagnostic": recipient.diagnostic_code,
            "reporting_mta": report.reporting_mta,
            "original_message_id": report.original_message_id,
            "envelope_id": report.original_envelope_id,
            "reason": recipient.reason.word,
            "rule": recipient.reason.rule,
            "reader": report.reader,
        }
        for recipient in report.recipients
    ]


def _complaint_rows(complaint: Complaint) -> list[Row]:
    return [
        {
            "recipient": recipient,
            "action": "",
            "status": "",
            "diagnostic": complaint.feedback_type,
            "reporting_mta": complaint.reporting_mta,
            "original_message_id": complaint.original_message_id,
            "envelope_id": complaint.original_envelope_id,
            "reason": "complaint",
        }
        for recipient in complaint.recipients or ("",)
    ]
