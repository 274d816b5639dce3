"""A worker is rung for once, however many mails come at a time."""

import asyncio

import pytest

from email_processor.inbound import storage
from email_processor.inbound.storage import Bell


def test_it_rings_at_once_and_once_more_for_all_that_came_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "BELL_REST_SECONDS", 60)
    assert asyncio.run(_rings_after_presses(5)) == (1, 2)


def test_it_does_not_ring_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "BELL_REST_SECONDS", 60)
    assert asyncio.run(_rings_after_presses(0)) == (0, 0)


async def _rings_after_presses(presses: int) -> tuple[int, int]:
    """Before and after the bell is closed."""
    rings = []

    async def ring() -> None:
        rings.append(presses)

    bell = Bell(ring)
    for _ in range(presses):
        bell.press()
        await asyncio.sleep(0)
    before = len(rings)
    await bell.close()
    return before, len(rings)
