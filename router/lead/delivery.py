"""One webhook request, before it means anything: raw bytes, kept so that it can be read again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from router.lead.ids import DeliveryId
from router.lead.states import DeliveryState

#: How much of a refused body is kept, in bytes.
REFUSED_KEEPS = 64 * 1024
#: How long a sender's own id names the same delivery: longer than any vendor retries.
REMEMBERED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A request that intake wants stored.

    Body, headers and key are bytes, so nothing foreign can break the row.
    """

    id: DeliveryId
    book: str
    source: str
    #: sha256 (32 bytes) of what names the delivery; unique per book and source.
    dedupe_key: bytes
    #: Exactly what was sent; a refused one may be cut to :data:`REFUSED_KEEPS`.
    body: bytes
    #: The headers worth keeping as a JSON object, without secrets.
    headers: bytes
    content_type: str
    received_at: datetime
    #: ``RECEIVED`` or ``REFUSED``.
    state: DeliveryState = DeliveryState.RECEIVED
    #: Stable code and text of why it was refused; empty otherwise.
    refused_reason: str = ""
    #: How long the same key means the same delivery.
    remember: timedelta = REMEMBERED


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one :class:`NewDelivery`."""

    #: Its own id, or the id of the first delivery with the same key.
    delivery_id: DeliveryId
    #: False when the same delivery was stored before.
    fresh: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """A stored request as the capture stage reads it."""

    id: DeliveryId
    book: str
    source: str
    body: bytes
    content_type: str
    headers: bytes
    received_at: datetime
    #: Failed attempts to capture it so far.
    attempts: int = 0
    #: Id of the import that it is a row of, and the policy that the import's leads go by.
    lane: str = ""
    lane_sla: str = ""
