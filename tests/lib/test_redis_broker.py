from collections import OrderedDict
from types import SimpleNamespace

from kombu.transport import redis

from lib.redis_broker import QoS


class GoneChannel:
    """A channel whose connection was thrown away."""

    do_restore = True
    connection = SimpleNamespace(client=None)


def test_the_redis_transport_uses_it() -> None:
    assert redis.Channel.QoS is QoS


def test_it_puts_nothing_back_through_a_connection_that_is_gone() -> None:
    held = QoS(GoneChannel())
    held._delivered = OrderedDict(tag=object())
    held.restore_unacked_once()
    assert held._delivered
