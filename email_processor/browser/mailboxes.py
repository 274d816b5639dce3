"""Mailboxes as text and back (RFC 5322 3.4), for what applications are shown and what they answer."""

from email.utils import getaddresses

from email_processor.outbound.submission import Mailbox

COMMENTS = 50
"""More are not read: each that is nested costs the standard library a level of recursion."""


def as_text(mailbox: Mailbox) -> str:
    """`a@b`, or `"Name" <a@b>`."""
    if not mailbox.name:
        return mailbox.address
    name = mailbox.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}" <{mailbox.address}>'


def mailboxes(text: str) -> tuple[Mailbox, ...]:
    """The mailboxes of a comma list; a comma inside a quoted name does not separate. Raises ValueError for anything else."""
    if text.count("(") > COMMENTS:
        raise ValueError("too many comments")
    found = getaddresses([text])
    for _, address in found:
        if not all(address.rpartition("@")):
            raise ValueError(f"{text[:200]!r} is not a list of mailboxes")
    return tuple(Mailbox(_with_lower_domain(address), name) for name, address in found)


def _with_lower_domain(address: str) -> str:
    local, at, domain = address.rpartition("@")
    return local + at + domain.lower()
