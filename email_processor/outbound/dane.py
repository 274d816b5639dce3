"""DANE (RFC 7672): servers whose certificates DNS itself vouches for, by TLSA records under DNSSEC.

DNSSEC is left to the resolver: its AD bit counts only where EPM_DNS_TRUSTED says that nobody can come between. A record names
the server's own certificate (usage 3) or an authority that must have vouched for the server's name (usage 2).
"""

import hashlib
from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError
from django.conf import settings

from email_processor.outbound.mx import Hosts, NoRoute
from email_processor.outbound.resolver import Found, lookup
from email_processor.outbound.routing import Tlsa

END_ENTITY, AUTHORITY = 3, 2
_SELECTORS, _MATCHINGS = (0, 1), (0, 1, 2)


async def records_of(host: str, port: int, hosts: Hosts) -> tuple[Tlsa, ...] | NoRoute:
    """The TLSA records of a server, none where DANE does not apply to it.

    That they could not be looked up is a reason to wait (RFC 7672 2.1.1): an attacker may be holding them back.
    """
    if not settings.EPM_DNS_TRUSTED or not hosts.are_authentic or not await _has_secure_address(host):
        return ()
    answer = await lookup(f"_{port}._tcp.{host}", "TLSA")
    if answer.found is Found.TROUBLE:
        return NoRoute(answer.why, "4.7.5", is_final=False)
    if not answer.is_authentic:
        return ()
    return tuple(Tlsa(r.usage, r.selector, r.mtype, bytes(r.cert)) for r in answer.records)


def to_prove(records: tuple[Tlsa, ...]) -> tuple[Tlsa, ...]:
    """The records that can be compared with a certificate; of usages 2 and 3, for the others are of no use to SMTP (3.1.3).

    Where there are none, TLS alone is asked for (RFC 7672 2.2).
    """
    usable = (r for r in records if r.usage in (AUTHORITY, END_ENTITY))
    return tuple(r for r in usable if r.selector in _SELECTORS and r.matching in _MATCHINGS)


def doubt(records: tuple[Tlsa, ...], chain: Sequence[bytes], names: Iterable[str]) -> str:
    """Why the certificates a server showed (DER, its own first) prove nothing; empty where they fit one of the records.

    Of the server's own certificate neither names nor dates count (RFC 7672 3.1.1). An authority must have vouched for one of
    `names`, and its word must be in force (3.1.2).
    """
    if not chain:
        return "The server showed no certificate (RFC 7672)."
    try:
        return _doubt(records, [x509.load_der_x509_certificate(octets) for octets in chain], list(names))
    except (ValueError, UnsupportedAlgorithm) as error:
        return f"The server's certificate cannot be compared with its TLSA records (RFC 7672): {error}"


def _doubt(records: tuple[Tlsa, ...], certificates: list[x509.Certificate], names: list[str]) -> str:
    if _fits(certificates[0], [record for record in records if record.usage == END_ENTITY]):
        return ""
    authorities = [record for record in records if record.usage == AUTHORITY]
    anchors = [certificate for certificate in certificates[1:] if _fits(certificate, authorities)]
    anchors += [anchor for record in authorities if (anchor := _published(record)) is not None]
    if not anchors:
        return "The server's certificate fits none of its TLSA records (RFC 7672)."
    return _doubt_authority(anchors, certificates, names)


def _doubt_authority(anchors: list[x509.Certificate], chain: list[x509.Certificate], names: list[str]) -> str:
    why = ""
    for name in names:
        verifier = _POLICY.store(Store(anchors)).build_server_verifier(x509.DNSName(name))
        try:
            verifier.verify(chain[0], chain[1:])
        except VerificationError as error:
            why = why or f"The authority that TLSA names does not vouch for {name} (RFC 7672): {error}"
        else:
            return ""
    return why


_POLICY = PolicyBuilder().extension_policies(
    # An authority of one's own need not look like those that browsers trust.
    ca_policy=ExtensionPolicy.permit_all().require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None),
    ee_policy=ExtensionPolicy.permit_all().require_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None),
)


def _fits(certificate: x509.Certificate, records: Iterable[Tlsa]) -> bool:
    """RFC 6698 2.1."""
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    selected = (certificate.public_bytes(Encoding.DER), key)
    return any(_digest(record.matching, selected[record.selector]) == record.data for record in records)


def _published(record: Tlsa) -> x509.Certificate | None:
    """The authority's certificate, where it stands in DNS in full: then the server need not show it (RFC 7671 5.2)."""
    if (record.selector, record.matching) != (0, 0):
        return None
    try:
        return x509.load_der_x509_certificate(record.data)
    except ValueError:
        return None


def _digest(matching: int, octets: bytes) -> bytes:
    """RFC 6698 2.1.3."""
    return {0: octets, 1: hashlib.sha256(octets).digest(), 2: hashlib.sha512(octets).digest()}[matching]


async def _has_secure_address(host: str) -> bool:
    answers = [await lookup(host, type) for type in ("AAAA", "A")]
    return all(answer.is_authentic for answer in answers if answer.found is Found.RECORDS)
