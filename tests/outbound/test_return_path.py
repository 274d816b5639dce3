from uuid import uuid4

import pytest
from pytest_django import Settings

from email_processor.outbound import return_path

RECIPIENT = uuid4()


def test_it_reads_back_whom_it_signed() -> None:
    assert return_path.read(return_path.sign(RECIPIENT, "bounces.example.com")) == RECIPIENT


def test_it_survives_a_change_of_case() -> None:
    assert return_path.read(return_path.sign(RECIPIENT, "bounces.example.com").upper()) == RECIPIENT


def test_its_local_part_fits_into_64_octets() -> None:
    assert len(return_path.sign(RECIPIENT, "example.com").partition("@")[0]) <= 64


@pytest.mark.parametrize("position", [4, 10, 30, 45, 51])
def test_it_reads_nothing_from_a_changed_one(position: int) -> None:
    address = return_path.sign(RECIPIENT, "example.com")
    other = "a" if address[position] != "a" else "b"
    assert return_path.read(address[:position] + other + address[position + 1 :]) is None


def test_it_reads_what_an_older_key_signed(settings: Settings) -> None:
    settings.EPM_RETURN_PATH_KEYS = ["old"]
    address = return_path.sign(RECIPIENT, "example.com")
    settings.EPM_RETURN_PATH_KEYS = ["new", "old"]
    assert return_path.read(address) == RECIPIENT


def test_it_reads_nothing_that_a_stranger_signed(settings: Settings) -> None:
    settings.EPM_RETURN_PATH_KEYS = ["stranger"]
    address = return_path.sign(RECIPIENT, "example.com")
    settings.EPM_RETURN_PATH_KEYS = ["ours"]
    assert return_path.read(address) is None


def test_it_signs_with_the_newest_key(settings: Settings) -> None:
    settings.EPM_RETURN_PATH_KEYS = ["new", "old"]
    address = return_path.sign(RECIPIENT, "example.com")
    settings.EPM_RETURN_PATH_KEYS = ["new"]
    assert return_path.read(address) == RECIPIENT


def test_a_changed_one_still_looks_signed() -> None:
    address = return_path.sign(RECIPIENT, "example.com")
    changed = address[:20] + ("a" if address[20] != "a" else "b") + address[21:]
    assert return_path.looks_signed(changed)


@pytest.mark.parametrize("address", ["ann@example.com", "", "epm-abc@example.com", "epm-" + "1" * 48 + "@example.com"])
def test_other_addresses_do_not_look_signed(address: str) -> None:
    assert not return_path.looks_signed(address)
    assert return_path.read(address) is None
