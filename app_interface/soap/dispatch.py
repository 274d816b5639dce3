"""From the request element to the operation both doors call.

A new operation needs its entries in AppIntfWS.wsdl, a reader in requests.py, a writer in answers.py, and its row in OPERATIONS.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from app_interface.authentication import Caller
from app_interface.operations import cancel_email, email_status, launch_email, send_email, status_ex
from app_interface.problems import invalid
from app_interface.soap import addressing, answers, description, elements, requests
from app_interface.soap.envelope import Envelope


@dataclass(frozen=True, slots=True)
class Operation:
    """How one operation is read, run and answered. `repeatable`: it takes an idempotency key."""

    name: str
    read: Callable[[etree._Element], Any]
    run: Callable[[Caller, Any], Mapping[str, Any]]
    write: Callable[[Mapping[str, Any]], etree._Element]
    repeatable: bool = False

    @property
    def action(self) -> str:
        return description.soap_action(self.name)


OPERATIONS: Mapping[str, Operation] = {
    "sendEmailRequest": Operation("sendEmail", requests.send_email, send_email, answers.sent, repeatable=True),
    "launchEmailRequest": Operation(
        "launchEmail", requests.launch_email, launch_email, answers.launched, repeatable=True
    ),
    "getEmailStatusRequest": Operation("getEmailStatus", requests.message_id, email_status, answers.status),
    "cancelEmailRequest": Operation("cancelEmail", requests.message_id, cancel_email, answers.cancelled),
    "getStatusExRequest": Operation(
        "getStatusEx", requests.nothing, lambda caller, _: status_ex(caller), answers.status_ex
    ),
}


def operation_of(asked: Envelope) -> Operation:
    """The operation that the Body's element names. Raises invalid_request, also where an action names another one."""
    name = etree.QName(asked.payload)
    operation = OPERATIONS.get(name.localname)
    if operation is None or name.namespace != elements.NAMESPACE:
        raise invalid(f"There is no operation that takes the element {asked.payload.tag}.")
    for header, action in (("SOAPAction", asked.action), ("Action", addressing.action(asked))):
        # A gateway that lets calls pass by their action must not be deceived by another Body.
        if action and action != operation.action:
            raise invalid(f"{header} is {action!r}, but the Body asks for {operation.action!r}.", header)
    return operation


def call(operation: Operation, caller: Caller, asked: Envelope) -> etree._Element:
    """Check, run and answer. Raises Problem, and what the operation raises."""
    description.check(asked.payload)
    parameters = operation.read(asked.payload)
    message_id = addressing.message_id(asked)
    if operation.repeatable and message_id:
        parameters.setdefault("idempotencyKey", message_id)
    return operation.write(operation.run(caller, parameters))
