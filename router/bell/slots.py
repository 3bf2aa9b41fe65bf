"""Keep a worker from going deaf when the broker dies under it.

A worker takes a few hints at a time; each holds a slot until it is acknowledged. Kombu gives a slot
back only if the broker heard of it. When the broker dies while every slot is taken, none is ever
free again: the worker stops listening, does not even notice that its connection is gone, and hears
nothing when the broker is back.
"""

from kombu.transport import redis as transport


class HintSlots(transport.QoS):
    """Gives a slot back also when the broker cannot be told."""

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge one hint.

        Args:
            delivery_tag: Of the hint. Untold, the broker hands it out again later: harmless.
        """
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]  # kombu has no types
        except self.channel.connection_errors:
            # The part of the same act that needs no broker.
            super(transport.QoS, self).ack(delivery_tag)  # type: ignore[no-untyped-call]  # the same
            raise


def free_slots_always() -> None:
    """Make every broker connection of this process give slots back so."""
    transport.Channel.QoS = HintSlots
