"""Cues: judges an inquiry by the phrases of the rule book. Pure, offline, and explainable.

Phrases are found by their stems in tables, so that one pass over the text finds all of them,
however many there are. The longest phrase counts; the words in it are not counted again.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

from router.lead.events import canonical
from router.lead.model import Alternative
from router.plugins.classifiers.text import Look, look, one_line, plain, sentences, words
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


#: What phrases say while they are learned: kind of list, then label to weight.
_Says = dict[int, dict[str, float]]
#: The same, ready to be read: labels with their weights, by kind.
_Labels = tuple[tuple[str, float], ...]
_Ready = tuple[tuple[int, _Labels], ...]


@dataclass(slots=True)
class _Heard:
    """One phrase of a text: what it says about one kind, and how often."""

    labels: _Labels
    count: int = 1


#: What was found in a text, by kind and then by phrase, in the order of the text.
_Reading = tuple[dict[str, _Heard], dict[str, _Heard], dict[str, _Heard]]


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
        #: What phrases say as written, and by their stems.
        self._exact: dict[str, _Ready] = {}
        self._stems: dict[str, _Ready] = {}
        #: Lengths of the longer phrases in words, longest first, by their first two stems; the
        #: first stem of every phrase is here.
        self._lengths: dict[str, dict[str, tuple[int, ...]]] = {}
        self._intents = tuple(intent.id for intent in taxonomy.intents)
        # Where nothing speaks for any intent, the one that a person always looks at is named.
        self._otherwise = next(
            (intent.id for intent in taxonomy.intents if intent.always_review),
            self._intents[-1] if self._intents else "",
        )
        self._learn(
            [
                *((_INTENT, intent.id, intent.cues) for intent in taxonomy.intents),
                *(
                    (_SERVICE, service, dict.fromkeys(phrases, 1.0))
                    for service, phrases in taxonomy.services.items()
                ),
                (_URGENCY, "high", taxonomy.urgent),
                (_URGENCY, "low", taxonomy.relaxed),
            ]
        )
        self.version = _digest(taxonomy)

    def suggest(self, enquiry: Enquiry) -> Suggestion:
        """Judge one inquiry; a text without any cue gets confidence 0.

        Args:
            enquiry: What may be seen of the lead.
        """
        text = plain(enquiry.text)
        parts = [(part, words(part)) for part in sentences(text)]
        reading: _Reading = ({}, {}, {})
        strength = [self._read(found, reading) for _, found in parts]
        scores = _scores(reading[_INTENT])
        ranked = self._ranked(scores)
        best, confidence = ranked[0] if ranked else (self._otherwise, 0.0)
        services = _scores(reading[_SERVICE])
        return Suggestion(
            intent=best,
            confidence=confidence,
            urgency=_urgency(_scores(reading[_URGENCY])),
            service_interest=max(services, key=services.__getitem__) if services else "",
            summary=_summary(parts, strength),
            evidence=_evidence(reading[_INTENT], best),
            alternatives=tuple(
                [Alternative(intent, share) for intent, share in ranked[1 : _MOST_ALTERNATIVES + 1]]
            ),
            risk_flags=_flags(look(text), reading, scores),
            classifier=self.name,
            version=self.version,
        )

    def _learn(self, lists: Iterable[tuple[int, str, Mapping[str, float]]]) -> None:
        exact: dict[str, _Says] = {}
        stemmed: dict[str, _Says] = {}
        for kind, label, phrases in lists:
            for phrase, weight in phrases.items():
                spelled = words(plain(phrase))
                if not spelled:
                    continue
                stems = [_stem(word) for word in spelled]
                exact.setdefault(" ".join(spelled), {}).setdefault(kind, {})[label] = weight
                labels = stemmed.setdefault(" ".join(stems), {}).setdefault(kind, {})
                # Phrases may share their stems; the most cautious weight speaks for inflections.
                labels[label] = min(labels.get(label, weight), weight, key=abs)
                longer = self._lengths.setdefault(stems[0], {})
                if len(stems) > 1:
                    lengths = {*longer.get(stems[1], ()), len(stems)}
                    longer[stems[1]] = tuple(sorted(lengths, reverse=True))
        self._stems = {key: _ready(says, {}) for key, says in stemmed.items()}
        for phrase, own in exact.items():
            says = stemmed[" ".join(map(_stem, phrase.split(" ")))]
            self._exact[phrase] = _ready(says, own)

    def _read(self, found: list[str], reading: _Reading) -> float:
        """Find the phrases of one sentence; return how much it says about intents."""
        total, free_from = 0.0, [0, 0, 0]
        for start, end, says in self._places(found):
            phrase = " ".join(found[start:end])
            for kind, labels in self._exact.get(phrase, says):
                if start < free_from[kind]:
                    continue
                free_from[kind] = end
                heard = reading[kind].get(phrase)
                if heard is None:
                    reading[kind][phrase] = _Heard(labels)
                else:
                    heard.count += 1
                if kind == _INTENT:
                    for _, weight in labels:
                        total += max(weight, 0.0)
        return total

    def _places(self, found: list[str]) -> list[tuple[int, int, _Ready]]:
        """Return where phrases stand by their stems: from left to right, longest first."""
        places: list[tuple[int, int, _Ready]] = []
        stems = list(map(_stem, found))
        lengths, phrases, last = self._lengths, self._stems, len(stems)
        for start, stem in enumerate(stems):
            longer = lengths.get(stem)
            if longer is None:
                continue
            # Most first stems begin many phrases; the second one rules nearly all of them out.
            if longer and start + 1 < last:
                for length in longer.get(stems[start + 1], ()):
                    end = start + length
                    says = phrases.get(" ".join(stems[start:end]))
                    if says is not None and end <= last:
                        places.append((start, end, says))
            if stem in phrases:
                places.append((start, start + 1, phrases[stem]))
        return places

    def _ranked(self, scores: Mapping[str, float]) -> list[tuple[str, float]]:
        squares = {intent: score * score for intent, score in scores.items() if score > 0}
        total = sum(squares.values()) + _DOUBT * _DOUBT
        # The book's order breaks ties, so that the same text always gives the same answer.
        order = sorted(squares, key=lambda intent: -squares[intent])
        return [(intent, round(squares[intent] / total, 4)) for intent in order]


def _ready(says: _Says, own: _Says) -> _Ready:
    """Put what the very phrase says over what its stems say."""
    return tuple(
        (kind, tuple({**labels, **own.get(kind, {})}.items())) for kind, labels in says.items()
    )


@lru_cache(maxsize=16384)
def _stem(word: str) -> str:
    """Cut an inflection: prices, priced and pricing come out alike."""
    for ending in ("ing", "ed", "s"):
        if word.endswith(ending) and not word.endswith("ss"):
            if len(word) - len(ending) >= _SHORTEST_STEM:
                word = word.removesuffix(ending)
            break
    return word[:-1] if word.endswith("e") and len(word) > _SHORTEST_STEM else word


def _scores(heard: Mapping[str, _Heard]) -> dict[str, float]:
    """Add up the weights of a kind; each repeat of a phrase counts half of the one before."""
    scores: dict[str, float] = {}
    for each in heard.values():
        share = 2.0 - 2.0 ** (1 - min(each.count, 32))
        for label, weight in each.labels:
            scores[label] = scores.get(label, 0.0) + weight * share
    return scores


def _urgency(scores: Mapping[str, float]) -> str:
    high, low = scores.get("high", 0.0), scores.get("low", 0.0)
    if high >= _HIGH and high > low:
        return "high"
    return "low" if low >= _LOW and low > high else "normal"


def _evidence(heard: Mapping[str, _Heard], intent: str) -> tuple[str, ...]:
    spoken = [
        (weight, phrase)
        for phrase, each in heard.items()
        for label, weight in each.labels
        if label == intent and weight > 0
    ]
    spoken.sort(key=itemgetter(0), reverse=True)
    return tuple([phrase for _, phrase in spoken[:_MOST_EVIDENCE]])


def _summary(parts: list[tuple[str, list[str]]], strength: list[float]) -> str:
    """Return the sentence that says most; of equals the longer, then the earlier."""
    if not parts:
        return ""
    if len(parts) == 1:
        return one_line(parts[0][0])
    best = max(range(len(parts)), key=lambda at: (strength[at], len(parts[at][1]), -at))
    return one_line(parts[best][0])


def _flags(seen: Look, reading: _Reading, scores: Mapping[str, float]) -> tuple[str, ...]:
    flags = list(seen.risks)
    counts = [each.count for heard in reading for each in heard.values()]
    if max(counts, default=0) >= _STUFFED and "keyword_stuffing" not in flags:
        flags.append("keyword_stuffing")
    if 0 < len(seen.words) < _ENOUGH_WORDS and not scores:
        flags.append("insufficient_info")
    if len(scores) > 1:
        first, second = sorted(scores.values(), reverse=True)[:2]
        if second > _DOUBT and second >= _ALSO * first:
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
