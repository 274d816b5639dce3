"""Whose mail is it? What this platform takes mail for: signed return paths, and the addresses of applications."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from django.conf import settings

from email_processor.outbound import return_path
from email_processor.outbound.addresses import ascii_domain
from epm.models import Application, ApplicationAddress, EmailConnection


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything that mail is taken for, as it stood when it was read. Addresses are compared without regard to case."""

    return_path_domains: frozenset[str]
    applications: Mapping[str, Application]

    @classmethod
    def read(cls) -> Self:
        """Two queries, however many addresses there are."""
        domains = EmailConnection.objects.values_list("return_path_domain", flat=True).distinct()
        addresses = ApplicationAddress.objects.select_related("application__zone")
        return cls(
            frozenset(_domain(domain) for domain in [settings.EPM_RETURN_PATH_DOMAIN, *domains]),
            {_normal(row.address): row.application for row in addresses},
        )

    def takes(self, address: str) -> bool:
        """Is there anybody here for `address`?"""
        return self.is_return_path(address) or self.application_of(address) is not None

    def is_return_path(self, address: str) -> bool:
        """Does it look like a return path of ours? A forged one does, too: its mail is taken, and goes to quarantine."""
        return return_path.looks_signed(address) and _domain(address.rpartition("@")[2]) in self.return_path_domains

    def application_of(self, address: str) -> Application | None:
        """The application that answers to `address`, or to it without its +tag."""
        return next((found for form in _forms(address) if (found := self.applications.get(form))), None)


def _forms(address: str) -> Iterator[str]:
    """The address as it is, then without its +tag (RFC 5233 calls it the detail)."""
    local, at, domain = _normal(address).rpartition("@")
    yield local + at + domain
    base, plus, _ = local.partition("+")
    if base and plus:
        yield base + at + domain


def _normal(address: str) -> str:
    local, at, domain = address.strip().rpartition("@")
    return local.lower() + at + _domain(domain)


def _domain(domain: str) -> str:
    """One spelling of a domain, internationalized or not."""
    try:
        return ascii_domain(domain)
    except ValueError:
        return domain.lower()
