"""Patterns that are looked for all at once are found exactly where each one is found alone."""

from hypothesis import given, settings
from hypothesis import strategies as st

from router.rulebook.engine.events import Many, packed
from router.rulebook.engine.operands import occurs, pattern, raw, search

PIECES = st.sampled_from(
    r"a B é ß S K . a+ (b|cd) [a-c] [^b] \b ^ $ \s b? (?i)k (?s). a{2} \x{e9} x* (?:) a|b |".split()
)
PATTERNS = st.lists(PIECES, max_size=5).map("".join)
TEXTS = st.text(alphabet="abcdkKBéÉßsSxX \n\u212a", max_size=12)


@settings(max_examples=200)
@given(patterns=st.lists(PATTERNS, max_size=6), text=TEXTS)
def test_patterns_at_once_say_what_each_says_alone(patterns: list[str], text: str) -> None:
    look = search(patterns, plain=False)
    assert look is not None
    found = look(raw(text))
    alone = [pattern(each).search(raw(text)) is not None for each in patterns]
    assert found
    assert [number in found for number in range(1, len(patterns) + 1)] == alone
    assert [occurs(each)(text) for each in patterns] == alone


@settings(max_examples=200)
@given(parts=st.lists(TEXTS, max_size=6), text=TEXTS)
def test_parts_at_once_are_found_where_they_are(parts: list[str], text: str) -> None:
    look = search(parts, plain=True)
    assert look is not None
    found = look(raw(text))
    assert found
    assert [number in found for number in range(1, len(parts) + 1)] == [
        part in text for part in parts
    ]


def test_a_look_that_gives_up_leaves_every_rule() -> None:
    hits = (packed((1,)), packed((4, 5)))
    assert Many(hits, lambda _: None).hits(b"any") == 0b110010
    assert Many(hits, None).hits(b"any") == 0b110010
    assert Many(hits, lambda _: [0, 2]).hits(b"any") == 0b110000
