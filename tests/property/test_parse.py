"""No bytes whatever get through the parse edge unclean, or raise anything but a refusal."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from router.errors import Rejected
from router.stages.capture.parse import MAX_DEPTH, Json, parse_body

TYPES = st.sampled_from(
    [
        "application/json",
        "text/plain",
        "",
        "application/json; charset=utf-16",
        "application/json; charset=gb18030",
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=shift_jis",
        "application/x-www-form-urlencoded; charset=",
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=()), max_size=8), inner, max_size=5
        )
    ),
    max_leaves=30,
)
FORMISH = st.text("ab[]=&%0+;\u0000é", max_size=60).map(lambda text: text.encode())


def _storable(value: Json, depth: int = 0) -> bool:
    """Say whether PostgreSQL takes it as jsonb and text, by its own rules."""
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, str):
        return all(letter >= " " or letter in "\t\n" for letter in value) and not any(
            "\ud800" <= letter <= "\udfff" for letter in value
        )
    if isinstance(value, float):
        return value - value == 0
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    if isinstance(value, (dict, list)):
        keys = all(map(_storable, value)) if isinstance(value, dict) else True
        parts = value.values() if isinstance(value, dict) else value
        return keys and all(_storable(part, depth + 1) for part in parts)
    return value is None


@settings(max_examples=300)
@given(body=st.binary(max_size=200) | FORMISH, content_type=TYPES)
def test_random_bytes_are_read_or_refused(body: bytes, content_type: str) -> None:
    try:
        document = parse_body(body, content_type)
    except Rejected as error:
        assert error.status in (415, 422)  # noqa: PT017 - a refusal is one of two right answers
    else:
        assert _storable(document)


@settings(max_examples=300)
@given(value=VALUES)
def test_any_json_comes_out_storable(value: object) -> None:
    body = json.dumps([value]).encode()
    try:
        document = parse_body(body, "application/json")
    except Rejected as error:
        assert error.code in ("too_deep", "too_many_fields")  # noqa: PT017 - as above
    else:
        assert _storable(document)
