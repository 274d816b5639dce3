"""One platform of real processes for the whole suite, and the table at its end."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest
from pytest_django import DjangoDbBlocker

from epm.choices import InDoubtPolicy, Transport
from tests.faults.case import Account, Case
from tests.faults.platform import Platform, running_platform
from tests.faults.server import running_server
from tests.faults.services import running_broker, running_postgres
from tests.receivers import receiver

_TABLE = pytest.StashKey[list[Account]]()


@pytest.fixture(scope="package")
def platform(django_db_blocker: DjangoDbBlocker) -> Iterator[Platform]:
    with (
        tempfile.TemporaryDirectory(prefix="epm-faults-") as name,
        receiver() as told,
        running_broker(Path(name)) as broker,
        running_postgres(Path(name)) as postgres,
        django_db_blocker.unblock(),
        running_platform(Path(name), told, broker, postgres) as platform,
    ):
        yield platform


class CaseMaker(Protocol):
    def __call__(
        self,
        name: str,
        *,
        policy: InDoubtPolicy = InDoubtPolicy.RESEND,
        transport: Transport = Transport.TCP,
        limit: int = 20,
    ) -> Case: ...


@pytest.fixture
def make_case(platform: Platform, request: pytest.FixtureRequest) -> Iterator[CaseMaker]:
    """Makes cases, each with a healthy server and a way out to it. All are counted in the end: that is what a test is about."""
    made: list[Case] = []
    with ExitStack() as stack:

        def make(
            name: str,
            *,
            policy: InDoubtPolicy = InDoubtPolicy.RESEND,
            transport: Transport = Transport.TCP,
            limit: int = 20,
        ) -> Case:
            server = stack.enter_context(running_server())
            server.starttls = transport is Transport.STARTTLS
            connection = platform.open_way(server.port, transport, limit)
            made.append(Case(name, platform, server, connection.name, policy))
            return made[-1]

        yield make
        platform.close_ways()
        for case in made:
            account = case.account()
            request.config.stash.setdefault(_TABLE, []).append(account)
            assert (account.lost, account.twice) == (0, account.doubted), case.stories()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table."""
    accounts = config.stash.get(_TABLE, [])
    if not accounts:
        return
    heads = ("case", "database", "accepted", "arrived", "lost", "twice", "of these shown in doubt")
    width = max(len(account.case) for account in accounts)
    terminalreporter.section("faults: recipients, counted at the server")
    terminalreporter.line(f"{heads[0]:<{width}}  {heads[1]:<10}  {'  '.join(heads[2:])}")
    for case, database, *counts in accounts:
        figures = "  ".join(f"{count:>{len(head)}}" for count, head in zip(counts, heads[2:], strict=True))
        terminalreporter.line(f"{case:<{width}}  {database:<10}  {figures}")
