"""The gate: the only way from what a classifier says to what a lead carries.

A suggestion is untrusted, whoever made it: labels must be of the book's closed list, numbers must
be numbers, evidence must stand in the text, and nothing unsafe may pass into a summary.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from router.lead.model import Alternative, Classification
from router.plugins.classifiers.text import look, one_line, plain, sentences, words
from router.plugins.kinds import Suggestion
from router.rulebook.engine.kept import kept
from router.rulebook.model import PRIORITIES, Taxonomy

#: Signs that only a person may settle.
BLOCKING = frozenset({"prompt_injection", "keyword_stuffing", "spam", "insufficient_info"})
#: Every sign that may stand on a lead; a classifier cannot make up others.
FLAGS = BLOCKING | frozenset(
    {
        "abusive",
        "data_request",
        "legal_threat",
        "multi_intent",
        "non_latin",
        "ungrounded_evidence",
        "ungrounded_summary",
    }
)
#: Why a person is asked, besides the blocking signs.
UNCLEAR, UNAVAILABLE = "unclear_intent", "classifier_unavailable"
_MOST_ALTERNATIVES, _MOST_EVIDENCE, _LONGEST_EVIDENCE = 3, 8, 200
_LONGEST_NAME = 80
_CHECKABLE = re.compile(r"\d+(?:[.,:]\d+)*|[\w.+-]+@[\w.-]+")


@dataclass(frozen=True, slots=True)
class _Limits:
    """What a book's taxonomy allows, worked out once."""

    intents: frozenset[str]
    #: Intents that always need a person.
    reviewed: frozenset[str]
    #: The intent to name when none was: one of ``reviewed``, or the last of the list.
    otherwise: str


@dataclass(frozen=True, slots=True)
class Gated:
    """What passed the gate, and whether it may stand without a person."""

    classification: Classification
    #: Empty when it is accepted; otherwise the stable code of why a person is asked.
    reason: str
    #: The intents that a person is offered, best first.
    best: tuple[str, ...]


def weigh(suggestion: Suggestion, text: str, taxonomy: Taxonomy) -> Gated:
    """Judge a suggestion against the text it speaks of.

    It is accepted when its confidence reaches ``accept_at``, it leads the next intent by
    ``margin``, a phrase of the text speaks for it, its intent does not always need a person, and
    the text shows no sign that only a person may settle.

    Args:
        suggestion: What a classifier proposed; nothing in it is trusted.
        text: Exactly what the classifier was given.
        taxonomy: The labels of the book that the lead started with.

    Returns:
        A classification whose labels are all of the taxonomy.
    """
    limits = _limits(taxonomy)
    shares = _shares(suggestion, limits)
    allowed = suggestion.intent in shares
    ranked = sorted(shares, key=shares.__getitem__, reverse=True)
    intent = suggestion.intent if allowed else (ranked[0] if ranked else limits.otherwise)
    others = [name for name in ranked if name != intent]
    confidence = shares.get(intent, 0.0) if allowed else 0.0
    seen = look(text)
    evidence = _grounded(suggestion.evidence, seen.words)
    summary, kept = _summary(suggestion.summary, text)
    flags = _flags(
        (*suggestion.risk_flags, *seen.risks),
        ungrounded=len(evidence) < len(suggestion.evidence),
        rewritten=not kept,
    )
    classification = Classification(
        intent=intent,
        confidence=confidence,
        urgency=suggestion.urgency if suggestion.urgency in PRIORITIES else "normal",
        service_interest=_service(suggestion.service_interest, taxonomy),
        summary=summary,
        evidence=evidence,
        alternatives=tuple(
            [Alternative(name, shares[name]) for name in others[:_MOST_ALTERNATIVES]]
        ),
        risk_flags=flags,
        decided_by="accepted",
        classifier=_label(suggestion.classifier),
        version=_label(suggestion.version),
    )
    lead_over_next = confidence - (shares[others[0]] if others else 0.0)
    reason = _reason(classification, lead_over_next, taxonomy, limits)
    return Gated(classification, reason, (intent, *others)[:_MOST_ALTERNATIVES])


@lru_cache(maxsize=256)
def _label(name: str) -> str:
    return one_line(name, _LONGEST_NAME)


def _reason(
    found: Classification, lead_over_next: float, taxonomy: Taxonomy, limits: _Limits
) -> str:
    for flag in found.risk_flags:
        if flag in BLOCKING:
            return flag
    sure = found.confidence >= taxonomy.accept_at and lead_over_next >= taxonomy.margin
    if sure and found.evidence and found.intent not in limits.reviewed:
        return ""
    return UNCLEAR


def _shares(suggestion: Suggestion, limits: _Limits) -> dict[str, float]:
    """Return the confidence of every allowed intent that was named; the best where named twice."""
    shares: dict[str, float] = {}
    for name, confidence in (
        (suggestion.intent, suggestion.confidence),
        *((each.intent, each.confidence) for each in suggestion.alternatives),
    ):
        if name in limits.intents and name not in shares:
            shares[name] = _finite(confidence)
    return shares


def _finite(confidence: float) -> float:
    """Return a confidence of 0 to 1; what is no such number says nothing, and counts as 0."""
    usable = math.isfinite(confidence) and 0.0 <= confidence <= 1.0
    return float(confidence) if usable else 0.0


@kept
def _limits(taxonomy: Taxonomy) -> _Limits:
    reviewed = [intent.id for intent in taxonomy.intents if intent.always_review]
    last = taxonomy.intents[-1].id if taxonomy.intents else ""
    return _Limits(
        frozenset([intent.id for intent in taxonomy.intents]),
        frozenset(reviewed),
        reviewed[0] if reviewed else last,
    )


def _service(name: str, taxonomy: Taxonomy) -> str:
    return name if name in taxonomy.services else ""


def _grounded(evidence: Iterable[str], found: Sequence[str]) -> tuple[str, ...]:
    """Keep the phrases that stand in the text, word by word."""
    spoken = f" {' '.join(found)} "
    kept = []
    for phrase in evidence:
        said = phrase
        # What stands so among the words is bare words already.
        if not (phrase and phrase.isascii() and f" {phrase} " in spoken):
            # Bare words are kept, not the phrase as given: they cannot carry markup or formulas.
            said = " ".join(words(plain(phrase)))
        said = said[:_LONGEST_EVIDENCE]
        if said and f" {said} " in spoken and said not in kept:
            kept.append(said)
    return tuple(kept[:_MOST_EVIDENCE])


def _summary(summary: str, text: str) -> tuple[str, bool]:
    """Return a summary that is safe and true to the text, and whether it is the one given.

    Numbers and addresses that the text does not hold make it untrue; then the text's longest
    sentence speaks for itself.
    """
    line = one_line(summary)
    if line and line in text:
        return line, True
    safe = line == " ".join(summary.split()) and "[link]" not in line
    if line and safe and all(value in text for value in _CHECKABLE.findall(line)):
        return line, True
    parts = sentences(text)
    return one_line(max(parts, key=len)) if parts else "", not summary.strip()


def _flags(named: Iterable[str], *, ungrounded: bool, rewritten: bool) -> tuple[str, ...]:
    signs = dict.fromkeys(flag for flag in named if flag in FLAGS)
    if ungrounded:
        signs["ungrounded_evidence"] = None
    if rewritten:
        signs["ungrounded_summary"] = None
    return tuple(signs)
