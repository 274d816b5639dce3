"""One case of the suite: mails are accepted, something breaks, and every mail is accounted for where it arrived."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from secrets import token_hex
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from email_processor.models import ConnectionStanding, Event, EventType, Recipient, State
from epm.choices import InDoubtPolicy
from tests.faults.platform import ALIAS, SENDER, Platform
from tests.faults.server import FaultServer
from tests.waiting import eventually

ARRIVED = (State.SENT, State.RELAYED, State.DELIVERED)
UNSETTLED = (State.QUEUED, State.SENDING, State.DEFERRED, State.IN_DOUBT)
ACCEPTED = 202


class Account(NamedTuple):
    """A case's line in the table. All are counts of recipients; `doubted` are those of `twice` that were shown in doubt."""

    case: str
    database: str
    accepted: int
    arrived: int
    lost: int
    twice: int
    doubted: int


@dataclass
class Case:
    """What was accepted in one case, and what became of it. `name` is what the table says, `connection` leads to `server`."""

    name: str
    platform: Platform
    server: FaultServer
    connection: str
    policy: InDoubtPolicy = InDoubtPolicy.RESEND
    accepted: list[str] = field(default_factory=list)
    refusals: int = 0

    # --- accepting

    def accept(self, mails: int = 6, recipients: int = 2, **fields: object) -> None:
        """Have mails accepted, each to several recipients."""
        for _ in range(mails):
            addresses = self.addresses(recipients)
            status = self.ask(addresses, token_hex(8), **fields)
            assert status == ACCEPTED, f"not accepted: {status}\n{self.platform.log()[-3000:]}"

    def ask(self, addresses: Sequence[str], key: str, **fields: object) -> int | None:
        """Call sendEmail once under an idempotency key; only a 202 counts as accepted."""
        mail = {
            "from": SENDER,
            "to": list(addresses),
            "subject": self.name,
            "body": "Something may happen on the way.",
            "connection": self.connection,
            "inDoubt": self.policy,
            **fields,
        }
        status = self.platform.post(mail, key)
        if status == ACCEPTED:
            self.accepted += [address for address in addresses if address not in self.accepted]
        return status

    def insist(self, mails: int, callers: int = 4, **fields: object) -> None:
        """Have one mail to one recipient accepted after the other by several callers, each repeating under its key until 202."""
        with ThreadPoolExecutor(callers) as pool:
            asked = [pool.submit(self._insist_on, self.addresses(1), fields) for _ in range(mails)]
        for one in asked:
            one.result()

    def _insist_on(self, addresses: Sequence[str], fields: Mapping[str, object]) -> None:
        key = token_hex(8)

        def look() -> bool:
            status = self.ask(addresses, key, **fields)
            self.refusals += status != ACCEPTED
            return status == ACCEPTED

        eventually(look, "acceptance", timeout=60, log=self.platform.log)

    def addresses(self, count: int) -> list[str]:
        return [f"{token_hex(6)}@recipient.example" for _ in range(count)]

    # --- looking past the doors

    def rows(self) -> "QuerySet[Recipient]":
        return Recipient.objects.using(ALIAS).filter(address__in=self.accepted)

    def wait_for_event(self, *types: EventType, at_least: int = 1) -> None:
        """Until this many recipients have such an Event."""
        eventually(
            lambda: len(self.with_event(*types)) >= at_least, f"{at_least} {types}", timeout=30, log=self._standing
        )

    def with_event(self, *types: EventType) -> set[str]:
        """The addresses that have an Event of one of these types."""
        events = Event.objects.using(ALIAS).filter(recipient__in=self.rows(), type__in=types)
        return set(events.values_list("recipient__address", flat=True))

    # --- settling and counting

    def settle(self, rest: Iterable[State] = (), timeout: float = 40) -> None:
        """Let time run fast until nothing that was accepted is under way any more; `rest` are states that may stay."""
        states = set(UNSETTLED) - set(rest)
        unsettled = self.rows().filter(state__in=states)

        def look() -> bool:
            self._hasten()
            return not unsettled.exists()

        eventually(look, "all settled", timeout=timeout, log=self._standing)

    def _hasten(self) -> None:
        """What waits for a later try is due now, and so is a connection that was found broken."""
        now = timezone.now()
        standings = ConnectionStanding.objects.using(ALIAS).filter(retry_at__gt=now + timedelta(seconds=1))
        if standings.exists():
            standings.update(retry_at=now)
        waiting = self.rows().filter(
            state__in=(State.QUEUED, State.DEFERRED), claim=None, due_at__gt=now + timedelta(seconds=1)
        )
        if waiting.exists():
            waiting.update(due_at=now)

    def account(self) -> Account:
        """Count at the server. Lost: accepted, never taken by the server, and neither ended nor in the queue."""
        taken = self.server.taken
        arrived = {address for address in self.accepted if taken[address]}
        twice = {address for address in arrived if taken[address] > 1}
        doubted = self.with_event(EventType.IN_DOUBT) if self.policy is InDoubtPolicy.RESEND else set()
        return Account(
            self.name,
            "PostgreSQL" if self.platform.postgres else "SQLite",
            accepted=len(self.accepted),
            arrived=len(arrived),
            lost=len(set(self.accepted) - arrived - self._kept()),
            twice=len(twice),
            doubted=len(twice & doubted),
        )

    def stories(self) -> str:
        """What the platform tells of every recipient that did not arrive exactly once: for the person who reads a failure."""
        odd = [address for address in self.accepted if self.server.taken[address] != 1]
        events = Event.objects.using(ALIAS).filter(recipient__address__in=odd).order_by("recipient", "sequence")
        told = events.values_list("recipient__address", "recipient__attempts", "sequence", "type", "at", "data")
        return "\n".join(f"{self.server.taken[row[0]]} times " + " ".join(map(str, row)) for row in told)

    def _kept(self) -> set[str]:
        """What the platform says it did not send: still in its queue, ended otherwise, or shown in doubt."""
        rows = self.rows().values_list("address", "state", "due_at")
        return {
            address
            for address, state, due_at in rows
            if state not in ARRIVED and (due_at is not None or state not in UNSETTLED or state == State.IN_DOUBT)
        }

    def _standing(self) -> str:
        rows = self.rows().values_list("address", "state", "attempts", "due_at", "claim")
        lines = [" ".join(map(str, row)) for row in rows]
        return "\n".join([self.platform.log()[-2000:], str(self.server.heard), *lines])
