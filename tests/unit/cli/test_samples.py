"""The sample deliveries: each is read, belongs to a source, and becomes a lead on its own."""

import orjson
import pytest

from router.cli import post
from router.errors import NotFound, Rejected
from router.lead.delivery import Delivery
from router.lead.ids import DeliveryId, timed_id
from router.now import unshifted
from router.rulebook.model import RuleBook
from router.stages.capture.decide import conclude, prepare


def _delivery(sample: post.Sample) -> Delivery:
    at = unshifted()
    return Delivery(
        id=DeliveryId(timed_id(at, sample.body)),
        book="default",
        source=sample.source,
        body=sample.body,
        content_type=sample.content_type,
        headers=b"{}",
        received_at=at,
    )


@pytest.mark.parametrize("name", post.sample_names())
def test_a_sample_becomes_one_lead_with_an_address_and_a_message(
    name: str, starter_book: RuleBook
) -> None:
    sample = post.read_sample(name)
    delivery = _delivery(sample)
    parsed = prepare(delivery, starter_book.sources[sample.source])
    (decision,) = conclude(parsed, starter_book, {}, delivery.received_at).decisions
    assert decision.lead.person.email
    assert decision.lead.message
    assert b"{{" not in sample.body


def test_two_of_a_kind_are_two_people() -> None:
    first, second = post.read_sample("demo-request"), post.read_sample("demo-request")
    assert orjson.loads(first.body)["email"] != orjson.loads(second.body)["email"]


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(NotFound, match="typeform-pricing"):
        post.read_sample("no-such-sample")


def test_a_file_of_another_shape_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("samples") / "mine.json"
    file.write_text('{"json": {}}')
    with pytest.raises(Rejected, match="source"):
        post.read_sample(str(file))
