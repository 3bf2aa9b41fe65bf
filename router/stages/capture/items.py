"""The inquiries inside one body, read by a source's mapping into canonical values."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from router.lead.delivery import Delivery
from router.rulebook.model import Source
from router.stages.capture.fields import NAME_CAP, add_answer, asked, cap_of, text_of
from router.stages.capture.parse import Json
from router.stages.capture.paths import Every, Steps, compile_path, follow, touched

_ROOT = "$."
_ANSWERS = "answers."
_ANY_ANSWER = "answers.*"
_PLANS_KEPT = 256
_NAMES_KEPT = 100


@dataclass(frozen=True, slots=True)
class Item:
    """One inquiry of a body, before it is a lead."""

    #: What the sender calls it, or ``<delivery>:<position>``; never empty.
    key: str
    #: Place in the body, from 0.
    position: int
    #: Canonical name to text, capped; only names that have a value.
    values: Mapping[str, str]
    #: Question to answer, for everything else.
    answers: Mapping[str, str]
    #: Names in the body that no mapping reads.
    unmapped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """One path, ready to be followed."""

    #: Read from the whole body instead of the item: the path began with ``$.``.
    root: bool
    steps: Steps
    #: The key at the item's top that it reads as a whole (``topics``, ``topics[*]``), if any.
    whole: str | None


@dataclass(frozen=True, slots=True)
class Try:
    """One of the paths a field may be found under."""

    field: str
    #: Place among the field's paths; the lowest that holds a value counts.
    rank: int
    cap: int
    read: Read


@dataclass(frozen=True, slots=True)
class Plan:
    """A source with its paths compiled, found by the key they begin with.

    A generic source tries hundreds of paths; a body has a dozen keys. So the body's keys are
    looked up here, not the other way round.
    """

    source: Source
    by_key: Mapping[str, tuple[Try, ...]]
    #: Paths that do not begin with a key of the item.
    always: tuple[Try, ...]
    #: Objects whose every value is an answer: the paths of ``answers.*``.
    open_answers: tuple[Read, ...]
    key: Read | None
    #: What serves the machinery (key, event type) and is no answer.
    machinery: tuple[Read, ...]


_plans: dict[int, Plan] = {}


def plan_of(source: Source) -> Plan:
    """Return the source's compiled paths, made once per source of a book.

    Raises:
        Misconfigured: A path of the source cannot be read.
    """
    plan = _plans.get(id(source))
    if plan is None or plan.source is not source:
        if len(_plans) >= _PLANS_KEPT:
            _plans.clear()
        # The plan holds its source, so the id stays taken for as long as the entry lives.
        plan = _plans[id(source)] = _compile(source)
    return plan


def _compile(source: Source) -> Plan:
    tries = [
        Try(name, rank, cap_of(name), _read(path))
        for name, paths in source.mapping.items()
        if name != _ANY_ANSWER
        for rank, path in enumerate(paths)
    ]
    by_key: dict[str, list[Try]] = {}
    always = []
    for one in tries:
        first = one.read.steps[0]
        if isinstance(first, str) and not one.read.root:
            by_key.setdefault(first, []).append(one)
        else:
            always.append(one)
    machinery = (source.item_key, source.dedupe_path, source.only_path)
    return Plan(
        source=source,
        by_key={key: tuple(group) for key, group in by_key.items()},
        always=tuple(always),
        open_answers=tuple(map(_read, source.mapping.get(_ANY_ANSWER, ()))),
        key=_read(source.item_key) if source.item_key else None,
        machinery=tuple(_read(path) for path in machinery if path),
    )


def _read(path: str) -> Read:
    root = path.startswith(_ROOT)
    steps = compile_path(path[len(_ROOT) :] if root else path)
    first = steps[0]
    whole = isinstance(first, str) and all(isinstance(step, (int, Every)) for step in steps[1:])
    return Read(root, steps, str(first) if whole and not root else None)


def items_of(document: Json, source: Source) -> list[Json]:
    """Return the elements of a body that may be inquiries.

    A body that is a list holds one each; so does the list at ``items``. Where ``items`` points at
    an object, that is the one inquiry; where it points at nothing, the body itself is.

    Args:
        document: The parsed body.
        source: Says where the list stands.
    """
    if isinstance(document, list):
        return document
    found = follow(document, compile_path(source.items)) if source.items else None
    if isinstance(found, list):
        return found
    return [found if isinstance(found, dict) else document]


def read_item(
    item: dict[str, Json], position: int, document: Json, delivery: Delivery, source: Source
) -> Item:
    """Read one inquiry by the source's mapping; whatever no mapping reads becomes an answer.

    Args:
        item: The object that holds the inquiry.
        position: Its place in the body, from 0.
        document: The whole body, for paths that begin with ``$.``.
        delivery: Gives the key of an inquiry that has none.
        source: Says what the fields mean.
    """
    plan = plan_of(source)
    best = _best(plan, item, document)
    used = [*plan.machinery]
    values: dict[str, str] = {}
    answers: dict[str, str] = {}
    for name, (_rank, text, read) in best.items():
        used.append(read)
        if name.startswith(_ANSWERS):
            add_answer(answers, name[len(_ANSWERS) :], text)
        else:
            values[name] = text
    for name, fixed in source.constants.items():
        values.setdefault(name, fixed[: cap_of(name)])
    if honeypot := values.pop("honeypot", ""):
        answers["honeypot"] = honeypot
    unmapped = _other_answers(answers, values, plan, (item, document, used))
    return Item(_key(plan, item, document, delivery, position), position, values, answers, unmapped)


def _key(
    plan: Plan, item: dict[str, Json], document: Json, delivery: Delivery, position: int
) -> str:
    given = follow(document if plan.key.root else item, plan.key.steps) if plan.key else None
    # A list or an object cannot be anybody's name.
    key = "" if isinstance(given, (list, dict)) else text_of(given)
    if not key:
        return f"{delivery.id}:{position}"
    return key if len(key) <= NAME_CAP else hashlib.sha256(key.encode()).hexdigest()


def _best(plan: Plan, item: dict[str, Json], document: Json) -> dict[str, tuple[int, str, Read]]:
    """Return for each field the text of the first of its paths that holds one."""
    best: dict[str, tuple[int, str, Read]] = {}
    groups = [plan.by_key[key] for key in item if key in plan.by_key]
    for group in (*groups, plan.always):
        for one in group:
            held = best.get(one.field)
            if held is not None and held[0] < one.rank:
                continue
            read = one.read
            found = follow(document if read.root else item, read.steps)
            text = found.strip()[: one.cap] if type(found) is str else text_of(found, one.cap)
            if text:
                best[one.field] = (one.rank, text, read)
    return best


#: An item, the body it stands in, and the paths that were read.
_Seen = tuple[dict[str, Json], Json, list[Read]]


def _other_answers(
    answers: dict[str, str], values: Mapping[str, str], plan: Plan, seen: _Seen
) -> tuple[str, ...]:
    """Add what no mapping read; return the names of all that was not mapped."""
    item, document, used = seen
    found: dict[str, str] = {}
    if plan.source.question_answers:
        found |= _questions(plan.source, item, document, used)
    for read in plan.open_answers:
        place = follow(document if read.root else item, read.steps)
        paths = [use.steps for use in used if use.root is read.root]
        _open_answers(found, place, read.steps, paths)
    rest = _top_answers(found, values, plan, seen)
    for label, text in found.items():
        add_answer(answers, label, text)
    return tuple(label[:NAME_CAP] for label in (*found, *rest))[:_NAMES_KEPT]


def _open_answers(found: dict[str, str], place: Json, at: Steps, used: list[Steps]) -> None:
    """Add every value of an object that was not read, also of objects in it read in part."""
    if not isinstance(place, dict):
        return
    for label, value in place.items():
        here = (*at, label)
        inside = [steps for steps in used if steps[: len(here)] == here]
        if not inside:
            add_answer(found, label, text_of(value))
        elif all(len(steps) > len(here) for steps in inside):
            _open_answers(found, value, here, inside)


def _top_answers(
    found: dict[str, str], values: Mapping[str, str], plan: Plan, seen: _Seen
) -> list[str]:
    """Add the plain values at the item's top; return the names of objects that nothing reads."""
    item, _document, used = seen
    read = {use.whole for use in used}
    opened = {use.steps[0] for use in plan.open_answers if not use.root}
    rest = []
    for label, value in item.items():
        if label in read or value is None or value == "":
            continue
        kind = type(value)
        if kind is dict or (kind is list and not _flat(value)):
            if label not in plan.by_key and label not in opened:
                rest.append(label)
            continue
        text = text_of(value)
        # Another name for a field that has this very value tells nobody anything new.
        if not any(values.get(one.field) == text for one in plan.by_key.get(label, ())):
            add_answer(found, label, text)
    return rest


def _flat(value: Json) -> bool:
    return isinstance(value, list) and not any(isinstance(part, (dict, list)) for part in value)


def _questions(
    source: Source, item: dict[str, Json], document: Json, used: list[Read]
) -> dict[str, str]:
    place = _read(source.question_answers)
    answers = follow(document if place.root else item, place.steps)
    if not isinstance(answers, list):
        return {}
    questions: Json = None
    if source.questions:
        read = _read(source.questions)
        questions = follow(document if read.root else item, read.steps)
    mapped = frozenset(
        ident
        for use in used
        if use.root is place.root and use.steps[: len(place.steps)] == place.steps
        for ident in touched(document if use.root else item, use.steps)
    )
    return asked(answers, questions, mapped)
