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
    """One path of a mapping, ready to be followed."""

    #: Read from the whole body instead of the item: the path began with ``$.``.
    root: bool
    steps: Steps


@dataclass(frozen=True, slots=True)
class Plan:
    """A source with its paths compiled."""

    source: Source
    fields: tuple[tuple[str, int, tuple[Read, ...]], ...]
    #: Objects whose every value is an answer: the paths of ``answers.*``.
    open_answers: tuple[Read, ...]
    key: Read | None
    #: Names at the top of an item that serve the machinery and are no answers.
    machinery: frozenset[str]


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
    machinery = {source.item_key, source.dedupe_path, source.only_path}
    return Plan(
        source=source,
        fields=tuple(
            (name, cap_of(name), tuple(map(_read, paths)))
            for name, paths in source.mapping.items()
            if name != _ANY_ANSWER
        ),
        open_answers=tuple(map(_read, source.mapping.get(_ANY_ANSWER, ()))),
        key=_read(source.item_key) if source.item_key else None,
        machinery=frozenset(
            steps[0]
            for path in machinery
            if path
            for steps in [compile_path(path)]
            if len(steps) == 1 and isinstance(steps[0], str)
        ),
    )


def _read(path: str) -> Read:
    root = path.startswith(_ROOT)
    return Read(root, compile_path(path[len(_ROOT) :] if root else path))


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
    values: dict[str, str] = {}
    answers: dict[str, str] = {}
    used: list[Read] = []
    for name, cap, reads in plan.fields:
        for read in reads:
            text = text_of(follow(document if read.root else item, read.steps), cap)
            if text:
                used.append(read)
                if name.startswith(_ANSWERS):
                    add_answer(answers, name[len(_ANSWERS) :], text)
                else:
                    values[name] = text
                break
    for name, fixed in source.constants.items():
        values.setdefault(name, fixed[: cap_of(name)])
    if honeypot := values.pop("honeypot", ""):
        answers["honeypot"] = honeypot
    unmapped = _other_answers(answers, plan, item, document, used)
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


def _other_answers(
    answers: dict[str, str], plan: Plan, item: dict[str, Json], document: Json, used: list[Read]
) -> tuple[str, ...]:
    """Add what no mapping read; return the names of all that was not mapped."""
    found: dict[str, str] = {}
    if plan.source.question_answers:
        found |= _questions(plan.source, item, document, used)
    for read in plan.open_answers:
        _open_answers(found, read, document if read.root else item, used)
    rest = _top_answers(found, plan, item, used)
    for label, text in found.items():
        add_answer(answers, label, text)
    return tuple(label[:NAME_CAP] for label in (*found, *rest))[:_NAMES_KEPT]


def _open_answers(found: dict[str, str], read: Read, start: Json, used: list[Read]) -> None:
    place = follow(start, read.steps)
    if not isinstance(place, dict):
        return
    gone = {use.steps[-1] for use in used if use.root is read.root and use.steps[:-1] == read.steps}
    for label, value in place.items():
        if label not in gone:
            add_answer(found, label, text_of(value))


def _top_answers(
    found: dict[str, str], plan: Plan, item: dict[str, Json], used: list[Read]
) -> list[str]:
    """Add the plain values at the item's top; return the names of objects that nothing reads."""
    opened = {use.steps[0] for use in (*used, *plan.open_answers) if not use.root}
    read = {use.steps[0] for use in used if not use.root and _reads_whole(use)}
    rest = []
    for label, value in item.items():
        if label in read or label in plan.machinery:
            continue
        if type(value) is dict or (type(value) is list and not _flat(value)):
            if label not in opened:
                rest.append(label)
        else:
            add_answer(found, label, text_of(value))
    return rest


def _reads_whole(use: Read) -> bool:
    """Say whether a path ends at the item's top, or in a list there: ``topics``, ``topics[*]``."""
    return all(isinstance(step, (int, Every)) for step in use.steps[1:])


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
