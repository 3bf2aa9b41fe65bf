"""Source files: how a form proves itself, and what its fields mean."""

import re
from datetime import timedelta

from router.rulebook.model import CANONICAL_FIELDS, Place, Source, Verification
from router.rulebook.reading.nodes import Fields, Items, Node, Scalar
from router.rulebook.reading.reader import Reader

_SCHEMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "none": ((), ()),
    "hmac": (
        ("secret", "header"),
        (
            "algorithm",
            "encoding",
            "prefix",
            "signed",
            "timestamp_header",
            "timestamp_unit",
            "tolerance",
        ),
    ),
    "header": (("secret", "header"), ("prefix",)),
    "path": (("secret",), ()),
    "standard": (("secret",), ("tolerance",)),
}
_SIGNED = ("body", "timestamp", "id", "url", "method")

_KEY = r'(?:"(?:[^"\\]|\\.)+"|[^."\[\]]+)'
_PICK = r'\[(?:[0-9]{1,6}|\*|[^\[\]=]+=(?:"(?:[^"\\]|\\.)*"|[^"\[\]]*))\]'
_PATH = re.compile(rf"(?:{_KEY}|{_PICK})(?:{_PICK}|\.{_KEY})*")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")


def read_source(reader: Reader, file: str, root: Node) -> Source:
    """Read one file of ``sources/``.

    Args:
        reader: Takes problems and names.
        file: Path inside the book; the source must be called like it.
        root: The file's root.
    """
    found = reader.fields(
        root,
        "a source",
        ("source", "summary", "steward", "verify", "map"),
        (
            "dedupe",
            "only",
            "items",
            "item_key",
            "constants",
            "required",
            "wait",
            "rate_per_minute",
            "questions",
            "question_answers",
        ),
    )
    key = found.get("source")
    id_ = reader.declare("source", key) if isinstance(key, Scalar) else reader.text(key)
    stem = file.rsplit("/", 1)[-1].removesuffix(".yaml")
    if key is not None and id_ != stem:
        reader.problems.add(key.place, f"the source '{id_}' must stand in sources/{id_}.yaml")
    verify = _verify(reader, found.get("verify"))
    header, path = _dedupe(reader, found.get("dedupe"), verify)
    only_path, only_values = _only(reader, found.get("only"))
    source = Source(
        id=id_,
        summary=reader.text(found.get("summary")),
        steward=reader.address(found.get("steward")),
        verify=verify,
        dedupe_header=header,
        dedupe_path=path,
        items=_optional_path(reader, found.get("items")),
        item_key=_optional_path(reader, found.get("item_key")),
        only_path=only_path,
        only_values=only_values,
        mapping=_mapping(reader, found.get("map")),
        constants={
            _canonical(reader, name): reader.text(node)
            for name, node in reader.entries(found.get("constants"), "constants")
        },
        required=_required(reader, found.get("required")),
        wait=reader.truth(found.get("wait")),
        rate_per_minute=reader.whole(found.get("rate_per_minute"), high=1_000_000),
        questions=_optional_path(reader, found.get("questions")),
        question_answers=_optional_path(reader, found.get("question_answers")),
    )
    _check_source(reader, source, found)
    return source


def _check_source(reader: Reader, source: Source, found: dict[str, Node]) -> None:
    known = {*source.mapping, *source.constants}
    for name in source.required:
        if name in CANONICAL_FIELDS and name not in known:
            reader.problems.add(
                found["required"].place, f"'{name}' is required, but map gives it no path"
            )
    if "verify" in found and source.verify.scheme == "none" and not source.rate_per_minute:
        reader.problems.add(
            found["verify"].place, "an unsigned source needs rate_per_minute above 0"
        )


def _verify(reader: Reader, node: Node | None) -> Verification:
    entries = {key.text: value for key, value in reader.entries(node, "verify")}
    scheme = reader.word(entries.get("scheme"), "scheme", _SCHEMES)
    if isinstance(node, Fields) and "scheme" not in entries:
        reader.problems.add(node.place, "verify needs 'scheme'")
    if scheme not in _SCHEMES:
        return Verification()
    needed, optional = _SCHEMES[scheme]
    found = reader.fields(node, f"verify ({scheme})", ("scheme", *needed), optional)
    verify = Verification(
        scheme=scheme,
        secret=reader.id(found.get("secret"), "name of a secret"),
        header=_header(reader, found.get("header")),
        algorithm=reader.word(
            found.get("algorithm"), "algorithm", ("sha256", "sha1", "sha512"), default="sha256"
        ),
        encoding=reader.word(found.get("encoding"), "encoding", ("hex", "base64"), default="hex"),
        prefix=reader.text(found.get("prefix")),
        signed=_signed(reader, found.get("signed")),
        timestamp_header=_header(reader, found.get("timestamp_header")),
        timestamp_unit=reader.word(
            found.get("timestamp_unit"), "unit of time", ("s", "ms"), default="s"
        ),
        tolerance=reader.duration(found.get("tolerance"), timedelta(minutes=5)),
    )
    if "{timestamp}" in verify.signed and not verify.timestamp_header:
        reader.problems.add(found["signed"].place, "a signed {timestamp} needs 'timestamp_header'")
    return verify


def _signed(reader: Reader, node: Node | None) -> str:
    signed = reader.text(node, "{body}")
    if node is not None:
        for name in re.findall(r"\{([^}]*)\}", signed):
            if name not in _SIGNED:
                reader.problems.unknown(node.place, "part of what is signed", name, _SIGNED)
        if "{body}" not in signed:
            reader.problems.add(node.place, "what is signed must hold {body}")
    return signed


def _header(reader: Reader, node: Node | None) -> str:
    name = reader.text(node)
    if node is not None and name and not _HEADER.fullmatch(name):
        reader.problems.add(node.place, f"'{name}' is not the name of a header")
    return name


def _dedupe(reader: Reader, node: Node | None, verify: Verification) -> tuple[str, str]:
    found = reader.fields(node, "dedupe", (), ("header", "path"))
    if isinstance(node, Fields) and len(found) != 1:
        reader.problems.add(node.place, "dedupe needs either 'header' or 'path'")
    header = _header(reader, found.get("header"))
    if header and verify.scheme == "hmac" and "{id}" not in verify.signed:
        reader.problems.add(
            found["header"].place,
            "this header is not part of what is signed, so anybody could choose it",
            advice="Take a path of the body.",
        )
    return header, _path(reader, found["path"]) if "path" in found else ""


def _only(reader: Reader, node: Node | None) -> tuple[str, tuple[str, ...]]:
    entries = reader.entries(node, "only")
    if isinstance(node, Fields) and len(entries) != 1:
        reader.problems.add(node.place, "only takes one path and its values")
    for key, values in entries[:1]:
        return _path(reader, key), reader.texts(values)
    return "", ()


def _mapping(reader: Reader, node: Node | None) -> dict[str, tuple[str, ...]]:
    found = {}
    for key, value in reader.entries(node, "map"):
        paths = reader.items(value, "paths") if isinstance(value, Items) else (value,)
        found[_canonical(reader, key)] = tuple(_path(reader, path) for path in paths)
    return found


def _canonical(reader: Reader, key: Scalar) -> str:
    name = key.text
    answer = name.startswith("answers.") and len(name) > len("answers.")
    if name not in CANONICAL_FIELDS and not answer:
        reader.problems.unknown(key.place, "field of a lead", name, CANONICAL_FIELDS)
    return name


def _required(reader: Reader, node: Node | None) -> tuple[str, ...]:
    if isinstance(node, Items) and not node.items:
        return ()
    names = reader.texts(node) if node is not None else ()
    place = Place("", 0) if node is None else node.place
    for name in names:
        if name and name not in CANONICAL_FIELDS:
            reader.problems.unknown(place, "field of a lead", name, CANONICAL_FIELDS)
    return names


def _optional_path(reader: Reader, node: Node | None) -> str:
    if isinstance(node, Scalar) and not node.text and not node.plain:
        return ""
    return "" if node is None else _path(reader, node)


def _path(reader: Reader, node: Node) -> str:
    path = reader.text(node)
    if path and not _PATH.fullmatch(path):
        reader.problems.add(
            node.place,
            f"'{path}' is not a path",
            advice="Write keys joined by dots, odd keys in double quotes, [0], [*] or [key=value].",
        )
    return path
