"""What is looked up by key is what trying every path in turn would find."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from router.lead.delivery import Delivery
from router.lead.ids import DeliveryId
from router.rulebook.model import Source, Verification
from router.stages.capture.fields import cap_of, text_of
from router.stages.capture.items import read_item
from router.stages.capture.parse import Json
from router.stages.capture.paths import read_path

SOURCE = Source(
    id="any",
    summary="Every kind of path.",
    steward="revops@northwind.example",
    verify=Verification(),
    dedupe_header="",
    dedupe_path="",
    items="leads",
    item_key="id",
    only_path="",
    only_values=(),
    mapping={
        "name": ("a", "b", "a.b", "$.c"),
        "email": ("b", "a.a", "[0].a"),
        "message": ("c", "c.b", "c[0]", "c[*].a", "$.a"),
        "tags": ("a[*]", "b[a=x].b"),
        "form.id": ("c.a.a", "$.a.b", "$.c[0]"),
    },
    constants={},
    required=(),
    wait=False,
    rate_per_minute=0,
)
DELIVERY = Delivery(
    DeliveryId(UUID(int=1)), "default", "any", b"", "", b"", datetime(2026, 1, 5, tzinfo=UTC)
)
KEYS = st.sampled_from(["a", "b", "c", "0", "d"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.sampled_from([0, 2.5, "", " ", "x", " y ", "z" * 300]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=5)


def one_by_one(item: dict[str, Json], document: Json, source: Source) -> Mapping[str, str]:
    """Try every path of every field, in order: slow, and plain to see that it is right."""
    found = {}
    for field, paths in source.mapping.items():
        for path in paths:
            place, inner = (document, path[2:]) if path.startswith("$.") else (item, path)
            text = text_of(read_path(place, inner), cap_of(field))
            if text:
                found[field] = text
                break
    return found


@given(OBJECTS, OBJECTS)
@settings(max_examples=500)
def test_a_field_is_the_first_of_its_paths_that_holds_a_value(
    item: dict[str, Json], document: dict[str, Json]
) -> None:
    for whole in (document, item):
        read = read_item(item, 0, whole, DELIVERY, SOURCE)
        assert read.values == one_by_one(item, whole, SOURCE)


@given(OBJECTS)
def test_two_sources_never_read_with_each_other_s_paths(item: dict[str, Json]) -> None:
    other = replace(SOURCE, mapping={"name": ("d",), "message": ("a.b",)})
    for source in (SOURCE, other, SOURCE):
        read = read_item(item, 0, item, DELIVERY, source)
        assert read.values == one_by_one(item, item, source)
