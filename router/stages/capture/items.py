"""The inquiries inside one body, read by a source's mapping into canonical values."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from router.lead.delivery import Delivery
from router.rulebook.model import Source
from router.stages.capture.fields import NAME_CAP, add_answer, asked, cap_of, text_of
from router.stages.capture.parse import Json
from router.stages.capture.paths import Steps, compile_path, follow, touched
from router.stages.capture.plan import Plan, Read, Try, plan_of

_ANSWERS = "answers."
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
    used = [*plan.machinery]
    values: dict[str, str] = {}
    answers: dict[str, str] = {}
    for name, (_rank, text, read) in _best(plan, item, document).items():
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
    given = _at(plan.item_key, item, document) if plan.item_key else None
    # A list or an object cannot be anybody's name.
    key = "" if isinstance(given, (list, dict)) else text_of(given)
    if not key:
        return f"{delivery.id}:{position}"
    if delivery.lane:
        # Every trade fair numbers its visitors from 1; and what is undone may be imported again.
        key = f"{delivery.lane}:{key}"
    return key if len(key) <= NAME_CAP else hashlib.sha256(key.encode()).hexdigest()


def _at(read: Read, item: dict[str, Json], document: Json) -> Json:
    return follow(document if read.root else item, read.steps)


#: Field to the rank, the text and the path of the best that was found for it.
_Best = dict[str, tuple[int, str, Read]]


def _best(plan: Plan, item: dict[str, Json], document: Json) -> _Best:
    """Return for each field the text of the first of its paths that holds one."""
    best: _Best = {}
    for name, value in item.items():
        key = plan.keys.get(name)
        if key is None:
            continue
        if type(value) is not str:
            _follow_all(best, key.tries, value)
        elif typed := value.strip():
            # Most values are texts, and no path leads on into a text.
            for field, rank, cap, _steps, read in key.ends:
                held = best.get(field)
                if held is None or rank <= held[0]:
                    best[field] = (rank, typed[:cap], read)
    if plan.at_item:
        _follow_all(best, plan.at_item, item)
    if plan.at_root:
        _follow_all(best, plan.at_root, document)
    return best


def _follow_all(best: _Best, tries: Iterable[Try], place: Json) -> None:
    for field, rank, cap, steps, read in tries:
        held = best.get(field)
        if held is None or rank <= held[0]:
            text = text_of(follow(place, steps), cap)
            if text:
                best[field] = (rank, text, read)


#: An item, the body it stands in, and the paths that were read.
_Seen = tuple[dict[str, Json], Json, list[Read]]


def _other_answers(
    answers: dict[str, str], values: Mapping[str, str], plan: Plan, seen: _Seen
) -> tuple[str, ...]:
    """Add what no mapping read; return the names of all that was not mapped."""
    item, document, used = seen
    found: dict[str, str] = {}
    if plan.question_answers:
        found |= _questions(plan, plan.question_answers, seen)
    for read in plan.open_answers:
        place = _at(read, item, document)
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
    rest = []
    for label, value in item.items():
        if label in read or value is None or value == "":
            continue
        key = plan.keys.get(label)
        kind = type(value)
        if kind is dict or (kind is list and not _flat(value)):
            if key is None and label not in plan.opened:
                rest.append(label)
            continue
        text = text_of(value)
        # Another name for a field that has this very value tells nobody anything new.
        if key is None or all(values.get(field) != text for field in key.fields):
            add_answer(found, label, text)
    return rest


def _flat(value: Json) -> bool:
    return isinstance(value, list) and not any(isinstance(part, (dict, list)) for part in value)


def _questions(plan: Plan, place: Read, seen: _Seen) -> dict[str, str]:
    item, document, used = seen
    answers = _at(place, item, document)
    if not isinstance(answers, list):
        return {}
    questions = _at(plan.questions, item, document) if plan.questions else None
    mapped = frozenset(
        ident
        for use in used
        if use.root is place.root and use.steps[: len(place.steps)] == place.steps
        for ident in touched(document if use.root else item, use.steps)
    )
    return asked(answers, questions, mapped)
