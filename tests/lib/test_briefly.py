import os

import pytest
from django.db import transaction
from pytest_django import Settings

from epm.models import Credential, Zone
from lib import briefly


class Read:
    """Answers its own argument, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.remembered = briefly.remembered(self.read)

    def read(self, name: str) -> str | None:
        self.asked.append(name)
        return name or None


@pytest.fixture
def read(settings: Settings) -> Read:
    settings.EPM_CONFIGURATION_SECONDS = 3600
    return Read()


def test_it_reads_once(read: Read) -> None:
    assert [read.remembered("a"), read.remembered("a"), read.remembered("b")] == ["a", "a", "b"]
    assert read.asked == ["a", "b"]


def test_it_reads_again_what_is_old(read: Read, settings: Settings) -> None:
    settings.EPM_CONFIGURATION_SECONDS = 0
    read.remembered("a")
    read.remembered("a")
    assert read.asked == ["a", "a"]


def test_it_does_not_remember_what_is_not_there(read: Read) -> None:
    read.remembered("")
    read.remembered("")
    assert read.asked == ["", ""]


def test_it_forgets_when_asked_to(read: Read) -> None:
    read.remembered("a")
    briefly.forget()
    read.remembered("a")
    assert read.asked == ["a", "a"]


def test_it_never_remembers_more_than_it_may(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(briefly, "MOST", 2)
    for name in ("a", "b", "c", "a"):
        read.remembered(name)
    assert read.asked == ["a", "b", "c", "a"]


@pytest.mark.django_db
def test_it_reads_again_what_was_changed(zone: Zone, read: Read) -> None:
    read.remembered("a")
    zone.save()
    read.remembered("a")
    assert read.asked == ["a", "a"]


@pytest.mark.django_db
def test_it_reads_again_what_was_linked(credential: tuple[Credential, str], read: Read) -> None:
    read.remembered("a")
    credential[0].applications.clear()
    read.remembered("a")
    assert read.asked == ["a", "a"]


@pytest.mark.django_db(transaction=True)
def test_it_reads_again_what_was_committed_after_it_was_read(zone: Zone, read: Read) -> None:
    with transaction.atomic():
        zone.save()
        read.remembered("a")
    read.remembered("a")
    assert read.asked == ["a", "a"]


def test_processes_of_one_parent_hear_of_a_change(read: Read) -> None:
    read.remembered("a")
    child = os.fork()
    if child == 0:
        briefly.forget()
        os._exit(0)
    os.waitpid(child, 0)
    read.remembered("a")
    assert read.asked == ["a", "a"]
