"""A source made ready for reading: its paths compiled, found by the key they begin with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from router.rulebook.model import Source
from router.stages.capture.fields import cap_of
from router.stages.capture.paths import Every, Steps, compile_path

#: The field whose paths lead to objects full of answers.
ANY_ANSWER = "answers.*"

_ROOT = "$."
_PLANS_KEPT = 256


@dataclass(frozen=True, slots=True)
class Read:
    """One path, ready to be followed."""

    #: Read from the whole body instead of the item: the path began with ``$.``.
    root: bool
    steps: Steps
    #: The key at the item's top that it reads as a whole (``topics``, ``topics[*]``), if any.
    whole: str | None


class Try(NamedTuple):
    """One of the paths a field may be found under.

    A tuple, because every body goes through dozens of them, and a tuple is unpacked in one step.
    """

    field: str
    #: Place among the field's paths; the lowest that holds a value counts.
    rank: int
    cap: int
    #: Steps that are still to be followed from the place where the plan says to try it.
    steps: Steps
    read: Read


@dataclass(frozen=True, slots=True)
class Key:
    """What a source knows about one key at an item's top."""

    #: Paths that end at this key: the only ones that can find anything in a plain value.
    ends: tuple[Try, ...]
    #: Every path that begins with this key, in the order of the mapping.
    tries: tuple[Try, ...]
    #: The fields of those paths.
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """A source with its paths compiled.

    A generic source tries hundreds of paths; a body has a dozen keys. So the body's keys are
    looked up here, not the other way round.
    """

    source: Source
    keys: Mapping[str, Key]
    #: Paths that are followed in every item: those into the whole body, and those that do not
    #: begin with a key.
    at_root: tuple[Try, ...]
    at_item: tuple[Try, ...]
    #: Objects whose every value is an answer: the paths of ``answers.*``.
    open_answers: tuple[Read, ...]
    #: Keys at the item's top that one of them passes through.
    opened: frozenset[object]
    item_key: Read | None
    #: What serves the machinery (key, event type) and is no answer.
    machinery: tuple[Read, ...]
    #: Lists of the questions and of the answers to them, if the source has such.
    questions: Read | None
    question_answers: Read | None


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
    by_key: dict[str, list[Try]] = {}
    at_root, at_item = [], []
    for field, paths in source.mapping.items():
        for rank, path in enumerate(paths if field != ANY_ANSWER else ()):
            read = _read(path)
            one = Try(field, rank, cap_of(field), read.steps, read)
            first = read.steps[0]
            if read.root:
                at_root.append(one)
            elif isinstance(first, str):
                by_key.setdefault(first, []).append(one._replace(steps=read.steps[1:]))
            else:
                at_item.append(one)
    open_answers = tuple(map(_read, source.mapping.get(ANY_ANSWER, ())))
    machinery = (source.item_key, source.dedupe_path, source.only_path)
    return Plan(
        source=source,
        keys={key: _key(tries) for key, tries in by_key.items()},
        at_root=tuple(at_root),
        at_item=tuple(at_item),
        open_answers=open_answers,
        opened=frozenset(read.steps[0] for read in open_answers if not read.root),
        item_key=_read_if(source.item_key),
        machinery=tuple(_read(path) for path in machinery if path),
        questions=_read_if(source.questions),
        question_answers=_read_if(source.question_answers),
    )


def _key(tries: list[Try]) -> Key:
    return Key(
        ends=tuple(one for one in tries if not one.steps),
        tries=tuple(tries),
        fields=frozenset(one.field for one in tries),
    )


def _read_if(path: str) -> Read | None:
    return _read(path) if path else None


def _read(path: str) -> Read:
    root = path.startswith(_ROOT)
    steps = compile_path(path[len(_ROOT) :] if root else path)
    first = steps[0]
    whole = isinstance(first, str) and all(isinstance(step, (int, Every)) for step in steps[1:])
    return Read(root, steps, str(first) if whole and not root else None)
