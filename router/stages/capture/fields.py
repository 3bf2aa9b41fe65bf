"""From foreign JSON values to a lead's fields: text, whole numbers, moments, all within bounds."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from router.stages.capture.parse import Json

#: Names, addresses of a mailbox, the person's own words, and everything else, in characters.
NAME_CAP, EMAIL_CAP, MESSAGE_CAP, TEXT_CAP = 200, 320, 4_000, 1_000

#: Canonical names that are fields of ``Person`` as they stand.
PERSON = frozenset(
    {
        "name", "first_name", "last_name", "email", "phone", "country", "city", "postcode",
        "job_title", "company", "website",
    }
)  # fmt: skip

#: Canonical names that are fields of ``Attribution``, and their names there.
ATTRIBUTION = {
    "form.id": "form_id",
    "form.name": "form_name",
    "form.kind": "form_kind",
    "page.url": "page_url",
    "utm.source": "utm_source",
    "utm.medium": "utm_medium",
    "utm.campaign": "utm_campaign",
    "utm.term": "utm_term",
    "utm.content": "utm_content",
}

#: Answers that are kept of one inquiry.
MAX_ANSWERS = 50

_CAPS = {"email": EMAIL_CAP, "message": MESSAGE_CAP} | dict.fromkeys(
    ("name", "first_name", "last_name", "company", "city", "job_title"), NAME_CAP
)
_LABELS = ("label", "labels", "value", "text", "name", "title")
_NUMBER = re.compile(r"\d{1,3}(?:[,.'\u00a0 ]\d{3})+(?!\d)|\d+")
_EPOCH = re.compile(r"\d{9,13}(?:\.\d+)?")
_MS_FROM = 10**11
_LARGEST_COMPANY = 10_000_000
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)


def cap_of(name: str) -> int:
    """Return how many characters of a canonical field are kept.

    >>> cap_of("email"), cap_of("answers.budget")
    (320, 1000)
    """
    return _CAPS.get(name, TEXT_CAP)


def text_of(value: Json, cap: int = TEXT_CAP) -> str:
    """Write any JSON value as the text a person would read; empty if there is nothing to read.

    Choices are read by their label, lists are joined by commas.

    >>> text_of(["a", {"id": "x1", "label": "B"}, None]), text_of(True), text_of(5.0)
    ('a, B', 'yes', '5')

    Args:
        value: Part of a parsed body.
        cap: Most characters that are kept.
    """
    if isinstance(value, str):
        return value.strip()[:cap]
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))[:cap]
    if isinstance(value, (int, float)):
        return str(value)[:cap]
    return _compound(value)[:cap].strip()


def _compound(value: list[Json] | dict[str, Json]) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, (text_of(part) for part in value)))
    kind = value.get("type")
    if isinstance(kind, str) and kind in value and kind != "type":
        return text_of(value[kind])
    for label in _LABELS:
        if value.get(label) not in (None, "", []):
            other = value.get("other")
            found = text_of(value[label])
            return f"{found}, {other}" if isinstance(other, str) and other else found
    scalars = (part for part in value.values() if not isinstance(part, (list, dict)))
    return " ".join(filter(None, (text_of(part) for part in scalars)))


@lru_cache(maxsize=1024)
def whole_of(text: str) -> int | None:
    """Read a company's size; of a range the lower end counts. None if there is no number in it.

    >>> whole_of("1,200"), whole_of("51-200 people"), whole_of("many")
    (1200, 51, None)
    """
    match = _NUMBER.search(text)
    if match is None:
        return None
    number = int(re.sub(r"\D", "", match[0])[:9])
    return number if number <= _LARGEST_COMPANY else None


def moment_of(text: str, received_at: datetime) -> datetime | None:
    """Read when a form was filled in: ISO 8601, or seconds or milliseconds since 1970.

    A moment without a zone is taken as UTC. One before 2000, or more than a day after it was
    received, is a mistake and is not used.

    >>> at = datetime(2026, 1, 6, tzinfo=UTC)
    >>> moment_of("2026-01-05T10:00:00+01:00", at).isoformat()
    '2026-01-05T09:00:00+00:00'
    >>> moment_of("1767603600", at) == moment_of("1767603600000", at)
    True
    >>> moment_of("yesterday", at) is None
    True

    Args:
        text: What the sender wrote.
        received_at: When the delivery came, aware.
    """
    try:
        if _EPOCH.fullmatch(text):
            seconds = float(text)
            moment = datetime.fromtimestamp(seconds / 1000 if seconds >= _MS_FROM else seconds, UTC)
        else:
            moment = datetime.fromisoformat(text)
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if _OLDEST <= moment <= received_at + _AHEAD else None


def tags_of(text: str) -> tuple[str, ...]:
    """Split tags at commas, without repeats, at most 20.

    >>> tags_of("vip, event,vip")
    ('vip', 'event')
    """
    parts = (part.strip()[:NAME_CAP] for part in text.split(","))
    return tuple(dict.fromkeys(filter(None, parts)))[:20]


def add_answer(answers: dict[str, str], label: str, text: str) -> None:
    """Keep an answer under its question; a second one with the same label gets a number.

    Args:
        answers: Changed in place; full at :data:`MAX_ANSWERS`.
        label: The question, or the field's name.
        text: The answer; empty ones are not kept.
    """
    label = label.strip()[:NAME_CAP]
    if not text or not label or len(answers) >= MAX_ANSWERS:
        return
    if label not in answers:
        answers[label] = text
        return
    free, number = label, 1
    while free in answers:
        if answers[free] == text:
            return
        number += 1
        free = f"{label} ({number})"
    answers[free] = text


def asked(answers: Iterable[Json], questions: Json, mapped: frozenset[int]) -> dict[str, str]:
    """Return the answers that no mapping read, under the titles of their questions.

    >>> asked([{"type": "text", "text": "Soon", "field": {"id": "q1"}}],
    ...       [{"id": "q1", "title": "When?"}], frozenset())
    {'When?': 'Soon'}

    Args:
        answers: The list at ``question_answers``; each element holds its own label, or the id or
            ref of its question.
        questions: The list at ``questions``; None where answers carry their labels.
        mapped: ``id()`` of the elements that were read already.
    """
    titles: dict[Json, str] = {}
    for question in questions if isinstance(questions, list) else ():
        if isinstance(question, dict):
            title = text_of(question.get("title") or question.get("label"), NAME_CAP)
            for name in ("id", "ref", "key"):
                ident = question.get(name)
                if isinstance(ident, (str, int)):
                    titles[ident] = title
    found: dict[str, str] = {}
    for answer in answers:
        if isinstance(answer, dict) and id(answer) not in mapped:
            add_answer(found, _title(answer, titles), _answer_text(answer))
    return found


def _title(answer: dict[str, Json], titles: dict[Json, str]) -> str:
    field = answer.get("field")
    place = field if isinstance(field, dict) else answer
    for name in ("id", "ref", "key"):
        ident = place.get(name)
        if isinstance(ident, (str, int)) and titles.get(ident):
            return titles[ident]
    for name in ("title", "label", "question", "column_name", "name", "column_id", "ref", "key"):
        if text := text_of(place.get(name), NAME_CAP):
            return text
    return ""


def _answer_text(answer: dict[str, Json]) -> str:
    kind = answer.get("type")
    if isinstance(kind, str) and kind in answer and kind != "type":
        return text_of(answer[kind])
    value = answer.get("value", answer.get("answer", answer.get("string_value")))
    options = answer.get("options")
    if isinstance(options, list) and value is not None:
        texts: dict[Json, Json] = {}
        for option in options:
            if isinstance(option, dict) and isinstance(option.get("id"), (str, int)):
                texts[option.get("id")] = option.get("text") or option.get("label")
        chosen = value if isinstance(value, list) else [value]
        value = [texts.get(part, part) if isinstance(part, (str, int)) else part for part in chosen]
    return text_of(value)
