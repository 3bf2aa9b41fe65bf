"""From the bytes of a request to a clean JSON value: the edge where foreign text loses its teeth.

Whatever comes out can be stored in PostgreSQL as ``jsonb`` and ``text``: no NUL, no control
characters but tab and newline, no lone surrogates, no NaN, no number beyond 64 bits, at most
:data:`MAX_DEPTH` levels and :data:`MAX_FIELDS` values.
"""

import json
import math
import re
from functools import lru_cache
from typing import TypeAlias, cast
from urllib.parse import parse_qsl

import orjson

from router.errors import Rejected

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

#: Containers inside containers that a body may have.
MAX_DEPTH = 32
#: Values that a body may have, counted over all levels.
MAX_FIELDS = 1_000

_FORM = "application/x-www-form-urlencoded"
_JSON = frozenset({"", "application/json", "text/json", "text/plain"})
_UTF8 = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})
#: Named one by one because some of Python's codecs are not charsets and some are slow on purpose.
_CHARSETS = frozenset(
    {
        "iso-8859-1", "latin1", "iso-8859-2", "iso-8859-15", "windows-1250", "windows-1251",
        "windows-1252", "utf-16", "utf-16le", "utf-16be", "shift_jis", "euc-jp", "euc-kr",
        "gb18030", "gbk", "gb2312", "big5", "koi8-r",
    }
)  # fmt: skip
_DIRT = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
#: The only JSON escapes that can bring dirt in; a raw control character is not JSON.
_ESCAPES = re.compile(rb"\\[urbf]")
#: A form post never begins so (it would be %7B); a command line that forgot its header does.
_JSON_STARTS = frozenset({b"{", b"["})
_INT64 = 2**63
_INT64_DIGITS = 18
_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")


def media_type(content_type: str) -> str:
    """Return the type of a Content-Type header, lower case, without parameters.

    >>> media_type("Application/JSON; charset=utf-8")
    'application/json'
    """
    return content_type.partition(";")[0].strip().lower()


def readable(content_type: str) -> bool:
    """Say whether :func:`parse_body` reads this Content-Type at all.

    >>> readable("application/cloudevents+json"), readable("image/png")
    (True, False)
    """
    return _is_read(media_type(content_type))


def _is_read(kind: str) -> bool:
    return kind in _JSON or kind == _FORM or kind.endswith("+json")


def parse_body(body: bytes, content_type: str) -> Json:
    r"""Read a request's body into an object or a list that is safe to store.

    JSON is read as JSON; a form post becomes an object in which a repeated name holds a list and
    ``a[b]`` holds an object. A form post whose bytes are not UTF-8 is read as Windows-1252, which
    is what old pages send.

    >>> parse_body(b'{"name": "Ann\\u0000", "size": NaN}', "application/json")
    {'name': 'Ann', 'size': None}
    >>> parse_body(b"name=Ann&topic=a&topic=b&utm[source]=ad", _FORM)
    {'name': 'Ann', 'topic': ['a', 'b'], 'utm': {'source': 'ad'}}

    Args:
        body: The raw bytes.
        content_type: The Content-Type header as sent; empty is read as JSON.

    Raises:
        Rejected: It can never become a lead: 415 for a type we do not read, otherwise 422.
    """
    kind, charset = _declared(content_type)
    if kind == _FORM and body.lstrip()[:1] not in _JSON_STARTS:
        return _bounded(_form(body, charset))
    if not _is_read(kind):
        raise Rejected(
            f"The body is {kind}. Send application/json or {_FORM}.",
            status=415,
            code="unsupported_media_type",
        )
    if charset not in _UTF8:
        body = _decode(body, charset).encode("utf-8", "replace")
    return _json(body)


@lru_cache(maxsize=64)
def _declared(content_type: str) -> tuple[str, str]:
    """Return media type and charset; senders repeat a handful of headers."""
    return media_type(content_type), _charset(content_type)


def _charset(content_type: str) -> str:
    if ";" not in content_type:
        return ""
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'").lower()
    return ""


def _decode(body: bytes, charset: str) -> str:
    if charset not in _UTF8 | _CHARSETS:
        raise Rejected("The charset of the body is not known here. Send UTF-8.", code="charset")
    try:
        return body.decode(charset or "utf-8")
    except UnicodeDecodeError as error:
        raise Rejected(
            f"The body is not valid {charset or 'utf-8'} (byte {error.start}). Send UTF-8.",
            code="charset",
        ) from None


def _json(body: bytes) -> Json:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _tolerant(body)
    if _measure(document):
        return _tolerant(body)
    dirty = b"\\" in body and _ESCAPES.search(body)
    return _scrub(document) if dirty else cast("Json", document)


def _tolerant(body: bytes) -> Json:
    """Read what is JSON by intent: NaN, lone surrogates, raw control characters, long numbers."""
    text = _decode(body.removeprefix(b"\xef\xbb\xbf"), "utf-8")
    try:
        document = json.loads(
            text, strict=False, parse_constant=lambda _name: None, parse_int=_whole
        )
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        raise Rejected(
            f"The body is not JSON ({error.msg}, line {error.lineno} column {error.colno}).",
            code="not_json",
        ) from None
    return _bounded(document)


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= _INT64_DIGITS else _narrow(digits)


def _narrow(digits: str) -> int | str:
    """Keep a number of more than 64 bits as text: it is an id, and a float would change it."""
    if len(digits) > _INT64_DIGITS + 2:
        return digits
    number = int(digits)
    return number if -_INT64 <= number < _INT64 else digits


def _bounded(document: object) -> Json:
    _measure(document)
    return _scrub(document)


def _measure(document: object) -> bool:
    """Check size and depth; say whether a number needs the tolerant reader."""
    if not isinstance(document, (dict, list)):
        raise Rejected(
            "The body is a single value. Send a JSON object or a list of objects.",
            code="not_an_object",
        )
    level: list[dict[str, object] | list[object]] = [document]
    depth = count = 0
    odd = False
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        below: list[dict[str, object] | list[object]] = []
        for container in level:
            count += len(container)
            if count > MAX_FIELDS:
                raise Rejected(
                    f"The body has more than {MAX_FIELDS} fields. Send fewer.",
                    code="too_many_fields",
                )
            for value in container.values() if isinstance(container, dict) else container:
                kind = type(value)
                if kind is str:
                    continue
                if kind is dict or kind is list:
                    below.append(cast("dict[str, object]", value))
                elif (kind is int or kind is float) and not (
                    -_INT64 < cast("float", value) < _INT64
                ):
                    odd = True
        level = below
    return odd


def _too_deep() -> Rejected:
    return Rejected(f"The body is nested deeper than {MAX_DEPTH} levels.", code="too_deep")


def _scrub(value: object) -> Json:
    """Return a copy in which every text and number can be stored."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(str(key)): _scrub(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_scrub(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return cast("Json", value)


def clean_text(text: str) -> str:
    r"""Drop what PostgreSQL or a reader's screen cannot take; line ends become ``\n``.

    >>> clean_text("a\x00b\r\nc\ud83d")
    'ab\nc\ufffd'
    """
    if not _DIRT.search(text):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _DIRT.sub("", _SURROGATE.sub("\ufffd", text))


def _form(body: bytes, charset: str) -> dict[str, object]:
    encodings: tuple[str, ...]
    if charset in _UTF8:
        encodings = ("utf-8", "windows-1252")
    elif charset in _CHARSETS:
        encodings = (charset,)
    else:
        raise Rejected("The charset of the form is not known here. Send UTF-8.", code="charset")
    for encoding in encodings:
        try:
            pairs = _pairs(body, encoding)
        except UnicodeDecodeError:
            continue
        return _nest(pairs)
    raise Rejected("The form's bytes do not fit its charset. Send UTF-8.", code="charset")


def _pairs(body: bytes, encoding: str) -> list[tuple[str, str]]:
    text = body.decode("utf-8" if body.isascii() else encoding)
    try:
        return parse_qsl(
            text,
            keep_blank_values=True,
            encoding=encoding,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except UnicodeDecodeError:
        raise
    except ValueError:
        raise Rejected(
            f"The form has more than {MAX_FIELDS} fields. Send fewer.", code="too_many_fields"
        ) from None


def _nest(pairs: list[tuple[str, str]]) -> dict[str, object]:
    """Build objects and lists from names such as ``fields[email][value]`` and ``topic[]``."""
    root: dict[str, object] = {}
    for name, value in pairs:
        match = _KEY.fullmatch(name)
        if match is None:
            _put(root, name, value)
            continue
        parts = [match[1], *match[2][1:-1].split("][")]
        if len(parts) > MAX_DEPTH:
            raise _too_deep()
        many = parts[-1] == "" and len(parts) > 1
        if many:
            parts.pop()
        place = root
        for part in parts[:-1]:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                # The same name is used as a value and as an object: keep both, flat.
                _put(root, name, value)
                break
            place = inner
        else:
            _put(place, parts[-1], value, many=many)
    return root


def _put(place: dict[str, object], name: str, value: str, *, many: bool = False) -> None:
    if name not in place:
        place[name] = [value] if many else value
        return
    held = place[name]
    if isinstance(held, list):
        held.append(value)
    elif isinstance(held, dict):
        _put(held, "", value)
    else:
        place[name] = [held, value]
