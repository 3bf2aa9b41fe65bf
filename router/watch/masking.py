"""Takes personal data and secrets out of log lines: the last guard, not the first.

Log events are static and carry ids only. This catches what slips through, mostly in the texts of
other libraries' errors. It knows keys by name, and e-mail addresses, telephone numbers and
credentials by their looks; it cannot know a person's name in the middle of a sentence.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from uuid import UUID

MASK = "***"
"""What stands in place of a value that must not be logged."""

_DEEPEST = 6
_HEAD = 2_000
_TAIL = 6_000
_FEWEST_DIGITS = 9
_FEWEST_DIGITS_AFTER_PLUS = 7
_MOST_DIGITS = 19

#: Keys whose value is never shown, whatever it is.
_SILENT_KEYS = frozenset(
    {
        "answers",
        "apikey",
        "authorization",
        "body",
        "company",
        "contact",
        "cookie",
        "credentials",
        "dsn",
        "e_mail",
        "email",
        "fields",
        "first_name",
        "full_name",
        "headers",
        "last_name",
        "message",
        "mobile",
        "name",
        "notes",
        "passphrase",
        "passwd",
        "password",
        "payload",
        "personal",
        "phone",
        "query_string",
        "secret",
        "secrets",
        "set_cookie",
        "signature",
        "subject",
        "summary",
        "telephone",
        "text",
        "token",
    }
)
#: Last words of keys whose value is never shown: ``owner_email``, ``api_token``.
_SILENT_ENDINGS = (
    "_email",
    "_password",
    "_phone",
    "_secret",
    "_signature",
    "_token",
    "api_key",
    "private_key",
    "secret_key",
)
#: Keys whose value is ours and often all digits; e-mail addresses are still looked for.
_ID_ENDINGS = ("_id", "_ids", "_at", "_key", "_digest", "_version")
_ID_KEYS = frozenset({"id", "key", "digest", "version", "timestamp"})

# What betrays a credential, the look of it, and what stands in its place. The first column is a
# plain search, so that an ordinary line pays for no pattern. In this order: a later pattern may
# rely on an earlier one having run.
_CREDENTIALS: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    (("://",), re.compile(r"(://)[^\s/@\"']+(?=@)"), rf"\1{MASK}"),
    (
        ("bearer", "basic"),
        re.compile(r"(?i)\b(bearer|basic)(\s+)[\w.+/=~-]{6,}"),
        rf"\1\2{MASK}",
    ),
    (("whsec_",), re.compile(r"\bwhsec_[\w+/=]+"), MASK),
    (
        ("password", "passwd", "secret", "token", "api_key", "apikey", "authorization"),
        re.compile(
            r"(?i)\b([\w-]{0,40}"
            r"(?:password|passwd|secret|token|api_?key|authorization)[\"']?\s*[=:]\s*)"
            r"(\"[^\"]*\"|'[^']*'|[^\s,;&\"')}\]]+)"
        ),
        rf"\1{MASK}",
    ),
    # What PostgreSQL, SQLAlchemy and pydantic quote from the row or value that they refuse.
    (
        ("detail:", "context:", "[parameters:", "[sql:"),
        re.compile(
            r"(?ms)^([ \t]*(?:DETAIL:|CONTEXT:|\[parameters:|\[SQL:)).*?"
            r"(?=^Traceback|^The above exception|^During handling|\Z)"
        ),
        rf"\1 {MASK}\n",
    ),
    (
        ("input_value=",),
        re.compile(r"(?m)(input_value=).*?(?=, input_type=|\]|$)"),
        rf"\1{MASK}",
    ),
)
# The secret part and the query of a webhook address: /in/SOURCE/TOKEN?email=...
_INTAKE = re.compile(r"(/in/[^/\s?\"']+)(/[^\s?\"']+)?(\?[^\s\"']+)?")
_EMAIL = re.compile(
    r"[^\s@<>\"'(),;:=\[\]{}/|]{1,64}(?:'[^\s@<>\"'(),;:=\[\]{}/|]{1,64})?"
    r"(?:@|%40)[^\s@<>\"'(),;:=\[\]{}/|%]{1,255}\.\w{2,}"
)
_DIGITS = re.compile(r"\d[\d ().\-/\u00a0]{5}")
_NUMBER = re.compile(
    r"""
    (?P<kept>
        \b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b     # a UUID
      | \b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?      # a moment
      | (?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])                     # an IPv4 address
      | (?<![\w.])\d+\.\d+(?![\w.-])                                   # a decimal number
    )
    | (?<![\w.-])(?P<phone>\+?\(?\d[\d ().\-/\u00a0]{5,40}\d)(?!\w)
    """,
    re.VERBOSE,
)


def masked(values: Mapping[str, object]) -> dict[str, object]:
    """Return a log line's values with everything personal or secret replaced.

    >>> masked({"lead_id": "0197", "email": "ann@example.com", "why": "ann@example.com bounced"})
    {'lead_id': '0197', 'email': '***', 'why': '*** bounced'}

    Args:
        values: Keys and values of any kind. Objects other than plain values are reduced to the
            name of their class: a line carries ids, not objects.
    """
    return {key: _value(key, value, 0) for key, value in values.items()}


def masked_text(text: str) -> str:
    """Return a text without credentials, e-mail addresses and telephone numbers.

    >>> masked_text("POST /in/tally/s3cret from +44 20 7946 0018, postgresql://me:pw@db/leads")
    'POST /in/tally/*** from ***, postgresql://***@db/leads'

    Args:
        text: Any text. Of a very long one the middle is cut; the end of a traceback says most.
    """
    shown = _without_credentials(text)
    return _NUMBER.sub(_hide_phone, shown) if _DIGITS.search(shown) else shown


def _value(key: str, value: object, depth: int) -> object:
    """Return one value, masked by its key and by its looks."""
    word = key.lower().replace("-", "_")
    if word in _SILENT_KEYS or word.endswith(_SILENT_ENDINGS):
        return value if value is None or isinstance(value, bool) else MASK
    if depth > _DEEPEST:
        return MASK
    if isinstance(value, Mapping):
        return {str(inner): _value(str(inner), item, depth + 1) for inner, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(key, item, depth + 1) for item in value]
    if isinstance(value, BaseException):
        return masked_text(f"{type(value).__name__}: {value}")
    return _plain(value, is_id=word in _ID_KEYS or word.endswith(_ID_ENDINGS))


def _plain(value: object, *, is_id: bool) -> object:
    """Return a value that is no container; an object is reduced to its class."""
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, UUID | datetime | date | time | timedelta | Decimal):
        return str(value)
    if isinstance(value, str | Path):
        return _without_credentials(str(value)) if is_id else masked_text(str(value))
    return f"<{type(value).__name__}>"


def _without_credentials(text: str) -> str:
    """Return a text without credentials and e-mail addresses."""
    if len(text) > _HEAD + _TAIL:
        text = f"{text[:_HEAD]} [...] {text[-_TAIL:]}"
    lowered = text.lower()
    if "/in/" in text:
        text = _INTAKE.sub(_hide_intake, text)
    for signs, pattern, replacement in _CREDENTIALS:
        if any(sign in lowered for sign in signs):
            text = pattern.sub(replacement, text)
    return _EMAIL.sub(MASK, text) if "@" in text or "%40" in text else text


def _hide_intake(found: re.Match[str]) -> str:
    """Keep which source was called, and nothing of how the caller proved itself."""
    source, token, query = found.groups()
    return f"{source}{'/' + MASK if token else ''}{'?' + MASK if query else ''}"


def _hide_phone(found: re.Match[str]) -> str:
    """Replace a run of digits when it has as many as a telephone number."""
    phone = found["phone"]
    if phone is None:
        return found[0]
    digits = sum(letter.isdigit() for letter in phone)
    fewest = _FEWEST_DIGITS_AFTER_PLUS if phone.startswith("+") else _FEWEST_DIGITS
    return MASK if fewest <= digits <= _MOST_DIGITS else phone
