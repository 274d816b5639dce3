"""Certificates made anew: one for loopback, self-signed, so that it proves nothing to anybody who was not given it; chains."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def make_certificate(folder: Path, *names: str) -> tuple[Path, Path]:
    """Certificate and key, as PEM files in `folder`; for 127.0.0.1 and for `names`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    proven = [x509.IPAddress(ip_address("127.0.0.1")), *map(x509.DNSName, names)]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName(proven), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def make_chain(folder: Path, *names: str, days: int = 1) -> tuple[Path, list[x509.Certificate]]:
    """A server's certificate for `names`, an authority's below another's: as a PEM file with the key, and one by one."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    root = _issued("root", keys[0], "root", keys[0], None, days)
    authority = _issued("authority", keys[1], "root", keys[0], None, days)
    server = _issued("server", keys[2], "authority", keys[1], names, days)
    path = folder / "chain.pem"
    key = keys[2].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(key + b"".join(one.public_bytes(Encoding.PEM) for one in (server, authority)))
    return path, [server, authority, root]


def _issued(
    whose: str,
    key: ec.EllipticCurvePrivateKey,
    by: str,
    signing: ec.EllipticCurvePrivateKey,
    names: tuple[str, ...] | None,
    days: int,
) -> x509.Certificate:
    """An authority's certificate where there are no `names`. It ends in `days`; -1 was yesterday."""
    subject, issuer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (whose, by))
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        issuer, subject, key.public_key(), x509.random_serial_number(), now - timedelta(9), now + timedelta(days)
    )
    if names is None:
        return builder.add_extension(x509.BasicConstraints(True, None), critical=True).sign(signing, SHA256())
    proven = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    return builder.add_extension(proven, critical=False).sign(signing, SHA256())
