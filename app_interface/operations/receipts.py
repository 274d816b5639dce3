"""Delivery receipt records, one by one, and the mails they were read from."""

from app_interface.authentication import Caller
from app_interface.operations import shapes
from app_interface.operations.shapes import Shape
from app_interface.operations.status import uuid_of
from app_interface.problems import not_found
from email_processor.models import DeliveryReceipt
from epm.choices import Scope


def receipt(caller: Caller, receipt_id: str) -> Shape:
    """One receipt, whole, with the message it belongs to. Raises not_permitted, not_found."""
    return shapes.receipt_of_message(_visible(caller, receipt_id))


def receipt_raw(caller: Caller, receipt_id: str) -> bytes:
    """The report as it arrived (message/rfc822). Raises not_permitted, not_found."""
    return bytes(_visible(caller, receipt_id).inbound.raw)


def _visible(caller: Caller, receipt_id: str) -> DeliveryReceipt:
    caller.require(Scope.READ)
    rows = caller.receipts().select_related("recipient")
    row = rows.filter(pk=uuid_of(receipt_id, "receipt")).first()
    if row is None:
        raise not_found("receipt")
    return row
