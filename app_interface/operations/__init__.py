"""What callers can ask for: one function each, called by both doors. A new operation is a module here, a view in `rest/`
and a row in `soap/dispatch.py`.
"""

from app_interface.operations.batching import send_batch
from app_interface.operations.launching import launch_email
from app_interface.operations.receipts import receipt, receipt_raw
from app_interface.operations.sending import send_email
from app_interface.operations.status import email_status

__all__ = ["email_status", "launch_email", "receipt", "receipt_raw", "send_batch", "send_email"]
