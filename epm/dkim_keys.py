"""The life of a signing key: made, published in the DNS, switched to, retired (RFC 6376, 8301, 8463).

Rotation: `make` the next key, publish its `record`, let `check` find it, `activate` it; the one before retires, and may be
taken out of the DNS when no mail signed with it is on the way any more.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.db import transaction
from django.utils import timezone

from epm.choices import KeyState, SigningAlgorithm
from epm.models import DkimKey, SenderDomain
from lib import dns

RSA_BITS = 2048
_STRING_OCTETS = 255


class Step(StrEnum):
    """What an operator may do with a key."""

    CHECK = "check"
    SWITCH = "switch"
    FORCE = "force"
    RETIRE = "retire"
    DELETE = "delete"


STEPS: Mapping[str, tuple[Step, ...]] = {
    KeyState.NEW: (Step.CHECK, Step.FORCE, Step.DELETE),
    KeyState.PUBLISHED: (Step.CHECK, Step.SWITCH, Step.DELETE),
    KeyState.ACTIVE: (Step.CHECK, Step.RETIRE),
    KeyState.RETIRED: (Step.SWITCH, Step.DELETE),
}
"""The steps that a key in each state may take."""


@dataclass(frozen=True, slots=True)
class Record:
    """A DNS record to publish. `value` is the text as a whole, which most providers' forms take."""

    name: str
    type: str
    value: str

    @property
    def line(self) -> str:
        """As a line of a zone file. A string of a TXT record has at most 255 octets (RFC 1035 3.3): long ones are cut."""
        if self.type != "TXT":
            return f"{self.name}. IN {self.type} {self.value}"
        strings = [self.value[at : at + _STRING_OCTETS] for at in range(0, len(self.value), _STRING_OCTETS)]
        return f"{self.name}. IN TXT " + " ".join(f'"{string}"' for string in strings)


def make(sender_domain: SenderDomain, algorithm: SigningAlgorithm) -> DkimKey:
    """A fresh pair of keys under a selector that nobody uses for this domain."""
    private = _generate(algorithm)
    return DkimKey.objects.create(
        sender_domain=sender_domain,
        algorithm=algorithm,
        selector=_free_selector(sender_domain.domain, algorithm),
        private_key=private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        public_key=base64.b64encode(_public_octets(private)).decode(),
        created_at=timezone.now(),
    )


def take(key: DkimKey, step: Step) -> bool:
    """Take one of the steps of its state; False where the DNS does not show the key, which `check` and `switch` ask for.

    Raises dns.NoAnswer where the DNS does not answer.
    """
    if step in (Step.CHECK, Step.SWITCH) and not check(key):
        return False
    if step in (Step.SWITCH, Step.FORCE):
        activate(key)
    elif step is Step.RETIRE:
        retire(key)
    elif step is Step.DELETE:
        key.delete()
    return True


def record(key: DkimKey) -> Record:
    """The TXT record that publishes `key` (RFC 6376 3.6.1)."""
    kind = "rsa" if key.algorithm == SigningAlgorithm.RSA else "ed25519"
    return Record(str(key), "TXT", f"v=DKIM1; k={kind}; p={key.public_key}")


def check(key: DkimKey) -> bool:
    """Does the DNS show `key`? One that is new is published from then on.

    Raises dns.NoAnswer where the DNS does not answer.
    """
    found = any(is_in(key, text) for text in dns.texts(str(key)))
    if found and key.published_at is None:
        _note(key, published_at=timezone.now(), state=KeyState.PUBLISHED if key.state == KeyState.NEW else key.state)
    return found


def is_in(key: DkimKey, text: str) -> bool:
    """Is `text` a key record with this very key? White space in p= does not count (RFC 6376 3.6.1)."""
    tags = dict(tag.strip().split("=", 1) for tag in text.split(";") if "=" in tag)
    return "".join(tags.get("p", "").split()) == key.public_key


def activate(key: DkimKey) -> None:
    """Sign with `key` from now on; the key of the same algorithm that signed until now retires."""
    with transaction.atomic():
        rows = DkimKey.objects.select_for_update().filter(sender_domain=key.sender_domain_id, algorithm=key.algorithm)
        for other in rows.order_by("pk"):
            if other.state == KeyState.ACTIVE and other.pk != key.pk:
                retire(other)
        _note(key, state=KeyState.ACTIVE, activated_at=timezone.now(), retired_at=None)


def retire(key: DkimKey) -> None:
    """Sign with `key` no more. Its record stays in the DNS until its last mail has arrived."""
    _note(key, state=KeyState.RETIRED, retired_at=timezone.now())


def _note(key: DkimKey, **values: object) -> None:
    for name, value in values.items():
        setattr(key, name, value)
    key.save(update_fields=list(values))


def _generate(algorithm: SigningAlgorithm) -> RSAPrivateKey | Ed25519PrivateKey:
    if algorithm == SigningAlgorithm.RSA:
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return Ed25519PrivateKey.generate()


def _public_octets(private: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    """SubjectPublicKeyInfo for RSA (RFC 6376 3.6.1), the bare 32 octets for Ed25519 (RFC 8463 4.2)."""
    public = private.public_key()
    if isinstance(private, Ed25519PrivateKey):
        return public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _free_selector(domain: str, algorithm: SigningAlgorithm) -> str:
    """The month it is made in, so that people see its age; zones that share a domain share its selectors."""
    stem = f"epm{timezone.now():%Y%m}{'r' if algorithm == SigningAlgorithm.RSA else 'e'}"
    taken = set(DkimKey.objects.filter(sender_domain__domain=domain).values_list("selector", flat=True))
    return next(name for number in range(1, len(taken) + 2) if (name := f"{stem}{number}") not in taken)
