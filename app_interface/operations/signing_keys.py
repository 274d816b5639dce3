"""The signing keys of a sender domain, rotated step by step as in the console (`epm.dkim_keys`), and the domain's health."""

from collections.abc import Mapping
from typing import Any

from app_interface.authentication import Caller
from app_interface.configuration import DOMAINS, KEY_STEP, NEW_KEY
from app_interface.operations import shapes
from app_interface.operations.managing import found_row
from app_interface.operations.shapes import Shape
from app_interface.operations.status import uuid_of
from app_interface.problems import Problem, invalid, not_found
from app_interface.requests import read_values
from epm import dkim_keys
from epm.dkim_keys import STEPS, Step
from epm.health import health
from epm.models import DkimKey
from lib.dns import NoAnswer


def make_key(caller: Caller, domain: str, parameters: Mapping[str, Any]) -> Shape:
    """A fresh key, whose record is to be published. Raises not_permitted, not_found, invalid_request."""
    row = found_row(caller, DOMAINS, domain)
    return shapes.signing_key(dkim_keys.make(row, read_values(NEW_KEY, parameters)["algorithm"]))


def take_step(caller: Caller, domain: str, key: str, parameters: Mapping[str, Any]) -> Shape:
    """Take one of the steps of the key's state; answers the key as it is then.

    Raises not_permitted, not_found, invalid_request where it is no step of its state or the DNS does not show the key,
    processor_unavailable where the DNS does not answer.
    """
    row = _key(caller, domain, key)
    _take(row, read_values(KEY_STEP, parameters)["step"])
    return shapes.signing_key(row)


def delete_key(caller: Caller, domain: str, key: str) -> None:
    """Delete a key that does not sign. Raises not_permitted, not_found, invalid_request."""
    _take(_key(caller, domain, key), Step.DELETE)


def domain_health(caller: Caller, domain: str) -> Shape:
    """Answers {findings: […]}: what the DNS says of the domain now, and what to publish. Raises not_permitted, not_found."""
    return {"findings": [finding.as_data() for finding in health(found_row(caller, DOMAINS, domain))]}


def _key(caller: Caller, domain: str, key: str) -> DkimKey:
    keys = found_row(caller, DOMAINS, domain).keys.select_related("sender_domain")
    row: DkimKey | None = keys.filter(pk=uuid_of(key, "signing key")).first()
    if row is None:
        raise not_found("signing key")
    return row


def _take(key: DkimKey, step: Step) -> None:
    if step not in STEPS[key.state]:
        raise invalid(f"A key that is {key.state} may take one of the steps {', '.join(STEPS[key.state])}.", "step")
    try:
        taken = dkim_keys.take(key, step)
    except NoAnswer as error:
        raise Problem("processor_unavailable", f"{error}. Nothing was changed.") from error
    if not taken:
        raise invalid(f"The DNS does not show the record of {key}. Changes may take as long as its old TTL.", "step")
