"""Whatever a classifier says and whatever the text, only the book's labels come out."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from router.lead.ids import DeliveryId, LeadId, timed_id
from router.lead.model import Alternative, Lead
from router.lead.states import LeadState
from router.plugins.classifiers.cues import Cues
from router.plugins.classifiers.text import (
    _INJECTION,
    _INJECTION_WORDS,
    one_line,
    plain,
    redact,
    risks,
    sentences,
    words,
)
from router.plugins.kinds import Enquiry, Suggestion
from router.rulebook.model import Effect, Intent, RuleBook, Taxonomy, Verdict
from router.stages.classify.decide import judge
from router.stages.classify.gate import weigh

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
TAXONOMY = Taxonomy(
    intents=(
        Intent("pricing", "Cost.", {"price": 3.0, "how much": 2.5}),
        Intent("support", "Help.", {"broken": 3.0, "price": -1.0}),
        Intent("other", "None.", {}, always_review=True),
    ),
    services={"ads": ("search ads",)},
    urgent={"asap": 3.0},
    relaxed={"no rush": 3.0},
    accept_at=0.6,
    margin=0.15,
    reviewer="rita",
    review_within=timedelta(hours=2),
)
BOOK = RuleBook(
    digest="d1",
    name="test",
    fallback_owner="mia",
    default_sla="",
    rules={},
    lists={},
    people={},
    pools={},
    queues={},
    sequences={},
    calendars={},
    slas={},
    taxonomy=TAXONOMY,
    standards={},
    sources={},
)
LABELS = {"pricing", "support", "other"}
TEXT = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(["price", "How much", "broken", "asap", ".", "<b>", "=1", "\u202e", "7"]),
        max_size=30,
    ).map(" ".join),
)
#: Pieces of orders to a machine, whole and broken.
ORDER = st.sampled_from(
    [
        *("ignore", " all ", "previous", "rules", "system", " ", "prompt", "message", "hidden"),
        *("you are", "now", "pretend", " to be", "jailbreak", "<|", "im_start", "[/inst]", "start"),
        *("assistant:", "\n", "classify", "this", " as", "set", "confidence", ".", "x'", "Initial"),
    ]
)
NUMBER = st.floats(allow_nan=True, allow_infinity=True)
LABEL = st.one_of(st.sampled_from(sorted(LABELS)), TEXT)
SUGGESTIONS = st.builds(
    Suggestion,
    intent=LABEL,
    confidence=NUMBER,
    urgency=st.one_of(st.sampled_from(["low", "high"]), TEXT),
    service_interest=st.one_of(st.just("ads"), TEXT),
    summary=TEXT,
    evidence=st.lists(TEXT, max_size=12).map(tuple),
    alternatives=st.lists(st.builds(Alternative, LABEL, NUMBER), max_size=6).map(tuple),
    risk_flags=st.lists(st.one_of(st.just("spam"), TEXT), max_size=4).map(tuple),
    classifier=TEXT,
    version=TEXT,
)


def lead_saying(message: str) -> Lead:
    return Lead(
        id=LeadId(timed_id(AT, "lead")),
        book="default",
        source="generic",
        item_key="1",
        delivery_id=DeliveryId(timed_id(AT, "delivery")),
        state=LeadState.CLEANED,
        received_at=AT,
        message=message,
    )


@given(SUGGESTIONS, TEXT)
def test_a_hostile_suggestion_never_yields_a_label_outside_the_book(
    suggestion: Suggestion, message: str
) -> None:
    nothing = Verdict(None, Effect())
    decision = judge(lead_saying(message), nothing, suggestion, BOOK, review_by=AT, now=AT)
    found = decision.lead.classification
    assert found is not None
    assert {found.intent, *(each.intent for each in found.alternatives)} <= LABELS
    assert 0.0 <= found.confidence <= 1.0
    assert all(0.0 <= each.confidence <= 1.0 for each in found.alternatives)
    assert found.urgency in {"low", "normal", "high"}
    assert found.service_interest in {"", "ads"}
    assert len(found.summary) <= 280
    assert not set(found.summary) & set("<>\n\r\u202e\x00")
    assert found.summary[:1] not in ("=", "+", "-", "@")
    accepted = decision.lead.state is LeadState.CLASSIFIED
    if accepted:
        assert found.evidence
        assert found.intent != "other"
        assert found.confidence >= TAXONOMY.accept_at
    assert accepted == (decision.effects == ())


@given(st.text(max_size=600))
def test_cues_answer_any_text_with_a_label_of_the_book(text: str) -> None:
    found = Cues(TAXONOMY).suggest(Enquiry("1", text, {}, "d1"))
    assert found.intent in LABELS
    assert 0.0 <= found.confidence < 1.0
    assert len(found.summary) <= 280


@given(st.text(max_size=600))
def test_text_is_made_plain_once_and_for_all(text: str) -> None:
    seen = plain(text)
    assert plain(seen) == seen
    assert one_line(one_line(text)) == one_line(text)
    redact(seen, ("Ann",))
    assert "".join("".join(sentences(seen)).split()) == "".join(seen.split())


@given(st.lists(ORDER, max_size=5).map("".join))
def test_the_cheap_looks_for_orders_miss_none_that_the_pattern_finds(text: str) -> None:
    hinted = not _INJECTION_WORDS.isdisjoint(words(text))
    found = hinted and _INJECTION.search(text.casefold()) is not None
    assert ("prompt_injection" in risks(text, words(text))) == found


@given(st.lists(st.text(alphabet="ab' <=\u00e9", max_size=6), max_size=8), st.text("ab' .\u00e9"))
def test_evidence_is_the_bare_words_of_a_phrase_that_stands_in_the_text(
    phrases: list[str], text: str
) -> None:
    seen = plain(text)
    spoken = f" {' '.join(words(seen))} "
    bare = [" ".join(words(plain(phrase))) for phrase in phrases]
    kept = dict.fromkeys(said for said in bare if said and f" {said} " in spoken)
    suggestion = Suggestion("pricing", 0.9, "low", "", "", tuple(phrases), (), (), "x", "1")
    assert weigh(suggestion, seen, TAXONOMY).classification.evidence == tuple(kept)[:8]


@given(st.text(alphabet="0123456789+-./ a\u0660", max_size=60))
def test_no_long_number_stays_in_a_text(text: str) -> None:
    assert redact(text) == re.sub(r"\+?\d(?:[\s().\-/]{0,2}\d){7,18}", "[phone]", text)


@given(
    st.one_of(
        st.text(st.characters(codec="ascii"), max_size=80),
        st.text(alphabet="aB1'_- .", max_size=80),
    )
)
def test_the_quick_way_to_split_words_finds_what_the_pattern_finds(text: str) -> None:
    # A letter outside ASCII makes the pattern do the work.
    assert words(text) == words(text + " \u00e9")[:-1]


@given(st.one_of(st.text(max_size=80), st.text(alphabet="ab'.!? \n\u00e9", max_size=80)))
def test_the_words_of_a_text_are_those_of_its_sentences(text: str) -> None:
    seen = plain(text)
    assert words(seen) == [word for part in sentences(seen) for word in words(part)]
