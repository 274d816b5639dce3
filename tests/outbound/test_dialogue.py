import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from email_processor.outbound.dialogue import Dialogue, Reply, Trouble, take_over


class Line(asyncio.Transport):
    """A transport to nowhere; the test plays the server by calling the dialogue."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """The test holds the protocol itself."""

    def is_closing(self) -> bool:
        return self.closed

    def abort(self) -> None:
        self.closed = True


def played(play: Callable[[Dialogue], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        return await play(take_over(Line()))

    return asyncio.run(run())


def test_it_waits_for_a_whole_reply_not_for_its_first_piece() -> None:
    async def play(dialogue: Dialogue) -> Reply:
        waiting = asyncio.ensure_future(dialogue.reply(timeout=5))
        for piece in (b"2", b"50-2.0.0 taken", b"\r", b"\n250 2.0.0 as 1\r", b"\n"):
            await asyncio.sleep(0)
            assert not waiting.done()
            dialogue.data_received(piece)
        return await waiting

    assert played(play) == Reply(250, "2.0.0 taken\n2.0.0 as 1")


def test_it_hands_out_pipelined_replies_one_by_one() -> None:
    async def play(dialogue: Dialogue) -> list[Reply]:
        dialogue.data_received(b"250 ok\r\n550 5.1.1 no\r\n354 go\r\n")
        return [await dialogue.reply(timeout=5) for _ in range(3)]

    assert [reply.code for reply in played(play)] == [250, 550, 354]


@pytest.mark.parametrize("said", [b"hello\r\n", b"25\r\n", b"250 " + b"x" * 70_000, b"250-\r\n" * 20_000])
def test_it_hangs_up_on_nonsense(said: bytes) -> None:
    async def play(dialogue: Dialogue) -> bool:
        dialogue.data_received(said)
        with pytest.raises(Trouble):
            await dialogue.reply(timeout=5)
        return dialogue.is_open

    assert played(play) is False


def test_it_does_not_keep_replies_to_nothing() -> None:
    async def play(dialogue: Dialogue) -> bool:
        for _ in range(200):
            dialogue.data_received(b"250 and another thing\r\n" * 100)
        return dialogue.is_open

    assert played(play) is False


def test_what_was_answered_does_not_count() -> None:
    async def play(dialogue: Dialogue) -> bool:
        for _ in range(20):
            dialogue.data_received(b"250 " + b"x" * 10_000 + b"\r\n")
            await dialogue.reply(timeout=5)
        return dialogue.is_open

    assert played(play) is True


def test_it_says_nothing_more_after_nonsense() -> None:
    async def play(dialogue: Dialogue) -> None:
        dialogue.data_received(b"250 ok\r\nblah blah\r\n")
        await dialogue.reply(timeout=5)
        with pytest.raises(Trouble, match="Malformed"):
            dialogue.say(b"RCPT TO:<ann@example.net>\r\n")

    played(play)


def test_a_lost_connection_does_not_lose_the_reply_before_it() -> None:
    async def play(dialogue: Dialogue) -> Reply:
        dialogue.pause_writing()
        dialogue.data_received(b"552 5.3.4 enough\r\n")
        dialogue.connection_lost(None)
        await dialogue.flushed(timeout=5)
        return await dialogue.reply(timeout=5)

    assert played(play).code == 552


def test_a_lost_connection_wakes_who_waits() -> None:
    async def play(dialogue: Dialogue) -> None:
        waiting = asyncio.ensure_future(dialogue.reply(timeout=5))
        await asyncio.sleep(0)
        dialogue.connection_lost(None)
        with pytest.raises(Trouble, match="Connection lost"):
            await waiting

    played(play)
