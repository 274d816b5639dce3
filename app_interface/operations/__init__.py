"""What callers can ask for: one function each, called by both doors. A new operation is a module here, a view in `rest/`
and a row in `soap/dispatch.py`.
"""

from app_interface.operations.batching import send_batch
from app_interface.operations.cancelling import cancel_email
from app_interface.operations.events import events, notifications, replay_many, replay_one
from app_interface.operations.expecting import traffic
from app_interface.operations.launching import launch_email
from app_interface.operations.managing import change, create, end_old_secret, remove, renew_secret, row_of, rows_of
from app_interface.operations.receipts import receipt, receipt_raw
from app_interface.operations.searching import receipts, search
from app_interface.operations.sending import send_email
from app_interface.operations.signing_keys import delete_key, domain_health, make_key, take_step
from app_interface.operations.status import email_status
from app_interface.operations.status_ex import status_ex
from app_interface.operations.suppressing import lift, suppress, suppressions
from app_interface.operations.taking_in import take_in_mail

__all__ = [
    "cancel_email",
    "change",
    "create",
    "delete_key",
    "domain_health",
    "email_status",
    "end_old_secret",
    "events",
    "launch_email",
    "lift",
    "make_key",
    "notifications",
    "receipt",
    "receipt_raw",
    "receipts",
    "remove",
    "renew_secret",
    "replay_many",
    "replay_one",
    "row_of",
    "rows_of",
    "search",
    "send_batch",
    "send_email",
    "status_ex",
    "suppress",
    "suppressions",
    "take_in_mail",
    "take_step",
    "traffic",
]
