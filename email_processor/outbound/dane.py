"""DANE (RFC 7672): servers whose certificates DNS itself vouches for, by TLSA records under DNSSEC.

DNSSEC is left to the resolver: its AD bit counts only where EPM_DNS_TRUSTED says that nobody can come between. Certificates
of servers (usage 3) are proven. Authorities (usage 2) are not followed: there TLS is required, and nothing is proven.
"""

import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from email_processor.outbound.mx import Hosts, NoRoute
from email_processor.outbound.resolver import Found, lookup
from email_processor.outbound.routing import Tlsa

END_ENTITY, AUTHORITY = 3, 2
_MATCHINGS = (0, 1, 2)


async def records_of(host: str, port: int, hosts: Hosts) -> tuple[Tlsa, ...] | NoRoute:
    """The TLSA records of a server that speak of SMTP (usage 2 and 3), none where DANE does not apply to it.

    That they could not be looked up is a reason to wait (RFC 7672 2.1.1): an attacker may be holding them back.
    """
    if not settings.EPM_DNS_TRUSTED or not hosts.are_authentic or not await _has_secure_address(host):
        return ()
    answer = await lookup(f"_{port}._tcp.{host}", "TLSA")
    if answer.found is Found.TROUBLE:
        return NoRoute(answer.why, "4.7.5", is_final=False)
    if not answer.is_authentic:
        return ()
    found = (Tlsa(r.usage, r.selector, r.mtype, bytes(r.cert)) for r in answer.records)
    return tuple(record for record in found if record.usage in (AUTHORITY, END_ENTITY))


def to_prove(records: tuple[Tlsa, ...]) -> tuple[Tlsa, ...]:
    """The records that a server's certificate must fit; none where only its encryption can be asked for."""
    usable = all(r.usage == END_ENTITY and r.selector in (0, 1) and r.matching in _MATCHINGS for r in records)
    return records if usable else ()


def proves(records: tuple[Tlsa, ...], certificate: bytes) -> bool:
    """Does a certificate (DER) fit one of the records (RFC 6698 2.1)? Names and dates do not count (RFC 7672 3.1.1)."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    selected = (certificate, key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return any(_digest(record.matching, selected[record.selector]) == record.data for record in records)


def _digest(matching: int, octets: bytes) -> bytes:
    """RFC 6698 2.1.3."""
    return {0: octets, 1: hashlib.sha256(octets).digest(), 2: hashlib.sha512(octets).digest()}[matching]


async def _has_secure_address(host: str) -> bool:
    answers = [await lookup(host, type) for type in ("AAAA", "A")]
    return all(answer.is_authentic for answer in answers if answer.found is Found.RECORDS)
