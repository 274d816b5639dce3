"""kombu's Redis transport, which outlives the loss of its broker.

When the broker goes away while a worker holds messages it has not begun, kombu would put them back through the connection that
it has just thrown away; the AttributeError ends the worker. Here nothing is put back then: messages only ring (`lib.doorbell`),
and the sweep finds what they announced.
"""

from typing import Any

from kombu.transport import redis


class QoS(redis.QoS):
    """The messages a channel holds."""

    def restore_unacked_once(self, stderr: Any = None) -> None:
        """Put back what was not begun, as long as there is a connection to do so."""
        if self.channel.connection.client is not None:
            super().restore_unacked_once(stderr)


def register() -> None:
    """Let every Redis channel of this process hold its messages so."""
    redis.Channel.QoS = QoS
