"""Cues: judges an inquiry by the phrases of the rule book. Pure, offline, and explainable.

Phrases are found by their stems in tables, so that one pass over the text finds all of them,
however many there are. The longest phrase counts; the words in it are not counted again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from router.lead.events import canonical
from router.lead.model import Alternative
from router.plugins.classifiers.text import one_line, plain, risks, sentences, words
from router.plugins.kinds import Enquiry, Suggestion
from router.rulebook.model import Taxonomy

#: Weight of "none of these": one hint's worth.
_DOUBT = 1.0
#: A text that says the same cue this often is stuffed.
_STUFFED = 6
#: The second intent is named as well when it has this share of the first one's weight.
_ALSO = 0.75
_MOST_ALTERNATIVES, _MOST_EVIDENCE = 3, 8
_HIGH, _LOW = 1.5, 1.0
#: Fewest words from which a text without any cue is still an inquiry.
_ENOUGH_WORDS = 4
_SHORTEST_STEM = 3

_INTENT, _SERVICE, _URGENCY = range(3)


#: What a phrase says: kind of list, then label to weight.
_Says = dict[int, dict[str, float]]


@dataclass(slots=True)
class _Reading:
    """What was found in a text: (kind, label, phrase) to its weight, and how often it was said."""

    weights: dict[tuple[int, str, str], float] = field(default_factory=dict)
    counts: dict[tuple[int, str, str], int] = field(default_factory=dict)


class Cues:
    """The classifier that needs nothing but the book's own phrases.

    Confidence is a share of the evidence: ``s**2 / (sum of all s**2 + 1)``, where ``s`` is the
    weight of the phrases that speak for an intent and the 1 stands for "none of these". A hint
    (weight 1) alone gives 0.50, a clear phrase (2) 0.80, one that settles it (3) 0.90; two equal
    intents stay below 0.50 each. It is a rule of thumb, not a measured probability.

    Only words that are written with spaces between them are found.
    """

    name = "cues"

    def __init__(self, taxonomy: Taxonomy) -> None:
        """Compile the phrases of a book's taxonomy; takes some milliseconds, once a book.

        Args:
            taxonomy: The labels that may be suggested, and their phrases.
        """
        #: Phrases as written, and by their stems; lengths in words by first stem, longest first.
        self._exact: dict[str, _Says] = {}
        self._stems: dict[str, _Says] = {}
        self._lengths: dict[str, tuple[int, ...]] = {}
        self._intents = tuple(intent.id for intent in taxonomy.intents)
        # Where nothing speaks for any intent, the one that a person always looks at is named.
        self._otherwise = next(
            (intent.id for intent in taxonomy.intents if intent.always_review),
            self._intents[-1] if self._intents else "",
        )
        for intent in taxonomy.intents:
            self._learn(_INTENT, intent.id, intent.cues)
        for service, phrases in taxonomy.services.items():
            self._learn(_SERVICE, service, dict.fromkeys(phrases, 1.0))
        self._learn(_URGENCY, "high", taxonomy.urgent)
        self._learn(_URGENCY, "low", taxonomy.relaxed)
        self.version = _digest(taxonomy)

    def suggest(self, enquiry: Enquiry) -> Suggestion:
        """Judge one inquiry; a text without any cue gets confidence 0.

        Args:
            enquiry: What may be seen of the lead.
        """
        text = plain(enquiry.text)
        parts = [(part, words(part)) for part in sentences(text)]
        reading = _Reading()
        strength = [self._read(found, reading) for _, found in parts]
        scores = _scores(reading, _INTENT)
        ranked = self._ranked(scores)
        best, confidence = ranked[0] if ranked else (self._otherwise, 0.0)
        services = _scores(reading, _SERVICE)
        found = [word for _, each in parts for word in each]
        return Suggestion(
            intent=best,
            confidence=confidence,
            urgency=_urgency(_scores(reading, _URGENCY)),
            service_interest=max(services, key=lambda name: services[name]) if services else "",
            summary=_summary(parts, strength),
            evidence=_evidence(reading, best),
            alternatives=tuple(
                Alternative(intent, share) for intent, share in ranked[1 : _MOST_ALTERNATIVES + 1]
            ),
            risk_flags=_flags(text, found, reading, scores),
            classifier=self.name,
            version=self.version,
        )

    def _learn(self, kind: int, label: str, phrases: Mapping[str, float]) -> None:
        for phrase, weight in phrases.items():
            spelled = words(plain(phrase))
            if not spelled:
                continue
            stems = [_stem(word) for word in spelled]
            self._exact.setdefault(" ".join(spelled), {}).setdefault(kind, {})[label] = weight
            labels = self._stems.setdefault(" ".join(stems), {}).setdefault(kind, {})
            # Phrases may share their stems; the most cautious weight speaks for inflections.
            labels[label] = min(labels.get(label, weight), weight, key=abs)
            lengths = {*self._lengths.get(stems[0], ()), len(stems)}
            self._lengths[stems[0]] = tuple(sorted(lengths, reverse=True))

    def _read(self, found: list[str], reading: _Reading) -> float:
        """Find the phrases of one sentence; return how much it says about intents."""
        total, free_from = 0.0, [0, 0, 0]
        stems = list(map(_stem, found))
        for start, stem in enumerate(stems):
            for length in self._lengths.get(stem, ()):
                end = start + length
                key = stem if length == 1 else " ".join(stems[start:end])
                says = self._stems.get(key)
                if says is None or end > len(stems):
                    continue
                phrase = " ".join(found[start:end])
                exact = self._exact.get(phrase, {})
                for kind, labels in says.items():
                    if start < free_from[kind]:
                        continue
                    free_from[kind] = end
                    for label, weight in {**labels, **exact.get(kind, {})}.items():
                        said = (kind, label, phrase)
                        reading.weights[said] = weight
                        reading.counts[said] = reading.counts.get(said, 0) + 1
                        total += weight if kind == _INTENT and weight > 0 else 0.0
        return total

    def _ranked(self, scores: Mapping[str, float]) -> list[tuple[str, float]]:
        squares = {intent: score * score for intent, score in scores.items() if score > 0}
        total = sum(squares.values()) + _DOUBT * _DOUBT
        # The book's order breaks ties, so that the same text always gives the same answer.
        order = sorted(squares, key=lambda intent: -squares[intent])
        return [(intent, round(squares[intent] / total, 4)) for intent in order]


@lru_cache(maxsize=16384)
def _stem(word: str) -> str:
    """Cut an inflection: prices, priced and pricing come out alike."""
    for ending in ("ing", "ed", "s"):
        if word.endswith(ending) and not word.endswith("ss"):
            if len(word) - len(ending) >= _SHORTEST_STEM:
                word = word.removesuffix(ending)
            break
    return word[:-1] if word.endswith("e") and len(word) > _SHORTEST_STEM else word


def _scores(reading: _Reading, kind: int) -> dict[str, float]:
    """Add up the weights of a kind; each repeat of a phrase counts half of the one before."""
    scores: dict[str, float] = {}
    for key, weight in reading.weights.items():
        if key[0] == kind:
            repeats = min(reading.counts[key], 32)
            scores[key[1]] = scores.get(key[1], 0.0) + weight * (2.0 - 2.0 ** (1 - repeats))
    return scores


def _urgency(scores: Mapping[str, float]) -> str:
    high, low = scores.get("high", 0.0), scores.get("low", 0.0)
    if high >= _HIGH and high > low:
        return "high"
    return "low" if low >= _LOW and low > high else "normal"


def _evidence(reading: _Reading, intent: str) -> tuple[str, ...]:
    spoken = [
        (weight, phrase)
        for (kind, label, phrase), weight in reading.weights.items()
        if kind == _INTENT and label == intent and weight > 0
    ]
    spoken.sort(key=lambda each: -each[0])
    return tuple(dict.fromkeys(phrase for _, phrase in spoken))[:_MOST_EVIDENCE]


def _summary(parts: list[tuple[str, list[str]]], strength: list[float]) -> str:
    """Return the sentence that says most; of equals the longer, then the earlier."""
    if not parts:
        return ""
    best = max(range(len(parts)), key=lambda at: (strength[at], len(parts[at][1]), -at))
    return one_line(parts[best][0])


def _flags(
    text: str, found: list[str], reading: _Reading, scores: Mapping[str, float]
) -> tuple[str, ...]:
    flags = list(risks(text, found))
    if max(reading.counts.values(), default=0) >= _STUFFED and "keyword_stuffing" not in flags:
        flags.append("keyword_stuffing")
    if found and len(found) < _ENOUGH_WORDS and not scores:
        flags.append("insufficient_info")
    best = sorted(scores.values(), reverse=True)[:2]
    if len(best) > 1 and best[1] > _DOUBT and best[1] >= _ALSO * best[0]:
        flags.append("multi_intent")
    return tuple(flags)


def _digest(taxonomy: Taxonomy) -> str:
    phrases = {
        "intents": {intent.id: dict(intent.cues) for intent in taxonomy.intents},
        "services": {name: list(phrases) for name, phrases in taxonomy.services.items()},
        "urgent": dict(taxonomy.urgent),
        "relaxed": dict(taxonomy.relaxed),
    }
    return hashlib.blake2b(canonical(phrases), digest_size=6).hexdigest()
