"""Every small edit of a book's rules that its tests should notice.

Entries of list files and rows of tables are not edited: they are data, one line each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from router.rulebook.model import (
    PRIORITIES,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Effect,
    NotOf,
    OnUnknown,
    Operator,
    Phase,
    Place,
    Rule,
    RuleBook,
)
from router.rulebook.trial.words import shown, target_told, told

_O = Operator
#: A boundary that moves by one, and what is turned round.
_SWAPPED = {
    _O.IS: _O.NOT,
    _O.NOT: _O.IS,
    _O.IN: _O.NOT_IN,
    _O.NOT_IN: _O.IN,
    _O.AFTER: _O.BEFORE,
    _O.BEFORE: _O.AFTER,
    _O.GTE: _O.GT,
    _O.GT: _O.GTE,
    _O.LTE: _O.LT,
    _O.LT: _O.LTE,
    _O.IN_LIST: _O.NOT_IN_LIST,
    _O.NOT_IN_LIST: _O.IN_LIST,
    _O.IN_CALENDAR: _O.NOT_IN_CALENDAR,
    _O.NOT_IN_CALENDAR: _O.IN_CALENDAR,
}
#: A condition after an edit, where the edit was, and what it was.
_Variant = tuple[Condition, Place, str]


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit of one rule, or of the order of two."""

    phase: Phase
    #: Place of the rule in its phase, counted from 0; of two, the first.
    position: int
    place: Place
    what: str
    #: The rules that stand at ``position`` and after it instead: one, or two that changed places.
    rules: tuple[Rule, ...]

    @property
    def swaps(self) -> bool:
        """Return whether two rules change places."""
        return len(self.rules) > 1


def edits_of(book: RuleBook) -> Iterator[Edit]:
    """Give every edit, rule by rule in the order of the book.

    Args:
        book: A sound book. The edited ones need not be: a fallback may no longer take every lead.
    """
    for phase in Phase:
        rules = book.rules.get(phase, ())
        for position, rule in enumerate(rules):
            for edited, place, what in _rule_edits(book, rule):
                yield Edit(phase, position, place, what, (edited,))
            if position + 1 < len(rules):
                after = rules[position + 1]
                what = f"changed places with '{after.id}'"
                yield Edit(phase, position, rule.place, what, (after, rule))


def edited(book: RuleBook, edit: Edit) -> RuleBook:
    """Return a book with an edit made.

    Its digest is no digest of files: it only keeps the two apart in what is cached by digest.

    Args:
        book: The book that the edit was made for.
        edit: The edit.
    """
    rules, end = book.rules[edit.phase], edit.position + len(edit.rules)
    changed = (*rules[: edit.position], *edit.rules, *rules[end:])
    name = f"{book.digest}, {edit.place}, {edit.rules[0].id}: {edit.what}"
    return replace(book, digest=name, rules={**book.rules, edit.phase: changed})


def _rule_edits(book: RuleBook, rule: Rule) -> Iterator[tuple[Rule, Place, str]]:
    yield replace(rule, when=AnyOf((), rule.when.place)), rule.place, "without this rule"
    for condition, place, what in _variants(rule.when):
        yield replace(rule, when=condition), place, what
    if not isinstance(rule.when, AllOf) or len(rule.when.parts) == 1:
        # Of several conditions one is dropped at a time; without its only one a rule always fires.
        always = AllOf((), rule.when.place)
        yield replace(rule, when=always), rule.when.place, f"without {_brief(rule.when)}"
    for effect, what in _effects(book, rule.then):
        yield replace(rule, then=effect), rule.place, what
    if rule.on_unknown is OnUnknown.REVIEW:
        yield (
            replace(rule, on_unknown=OnUnknown.SKIP),
            rule.place,
            "on_unknown: skip instead of review",
        )


def _variants(condition: Condition) -> Iterator[_Variant]:
    match condition:
        case Comparison():
            yield from _comparison(condition)
        case NotOf(part, place):
            yield part, place, f"without not: {_brief(part)}"
            for inner, where, what in _variants(part):
                yield NotOf(inner, place), where, what
        case AllOf(parts, place):
            yield from _group(parts, place, AllOf, AnyOf)
        case AnyOf(parts, place):
            yield from _group(parts, place, AnyOf, AllOf)


def _group(
    parts: tuple[Condition, ...],
    place: Place,
    this: type[AllOf | AnyOf],
    other: type[AllOf | AnyOf],
) -> Iterator[_Variant]:
    for index, part in enumerate(parts):
        before, after = parts[:index], parts[index + 1 :]
        for inner, where, what in _variants(part):
            yield this((*before, inner, *after), place), where, what
        if len(parts) > 1:
            yield this((*before, *after), place), part.place, f"without {_brief(part)}"
    if len(parts) > 1:
        words = ("all", "any") if this is AllOf else ("any", "all")
        listed = "; ".join(_brief(part) for part in parts)
        yield other(parts, place), place, f"{words[1]} instead of {words[0]} of: {listed}"


def _comparison(test: Comparison) -> Iterator[_Variant]:
    changed: list[Comparison] = []
    if isinstance(test.want, bool):
        # Of yes and no the other one is the opposite already.
        changed.append(replace(test, want=not test.want))
    elif test.operator in _SWAPPED:
        changed.append(replace(test, operator=_SWAPPED[test.operator]))
    for each in changed:
        yield each, test.place, f"{told(each)} instead of {told(test)}"
    if isinstance(test.want, tuple) and len(test.want) > 1:
        for value in test.want:
            rest = tuple(item for item in test.want if item != value)
            what = f"{test.fact} {test.operator.value} without {shown(value)}"
            yield replace(test, want=rest), test.place, what


def _effects(book: RuleBook, effect: Effect) -> Iterator[tuple[Effect, str]]:
    kind, name = effect.target
    if kind:
        other = _other_target(book, kind, name)
        what = f"{target_told(other)} instead of {target_told((kind, name))}"
        yield _aimed(effect, other), what
    for setting, known in (("sla", sorted(book.slas)), ("priority", PRIORITIES)):
        value: str = getattr(effect, setting)
        if value:
            instead = _next(known, value)
            changed = (
                replace(effect, sla=instead)
                if setting == "sla"
                else replace(effect, priority=instead)
            )
            yield changed, f"{setting} {instead or 'not set'} instead of {value}"
    if effect.tags:
        yield replace(effect, tags=()), f"without the tags {shown(effect.tags)}"


def _other_target(book: RuleBook, kind: str, name: str) -> tuple[str, str]:
    """Return another target of the same kind if the book has one, else one of another kind."""
    known: dict[str, Sequence[str]] = {
        "person": tuple(book.people),
        "pool": tuple(book.pools),
        "queue": tuple(book.queues),
        "sequence": tuple(book.sequences),
    }
    if kind not in known:
        return ("review" if kind == "reject" else "reject"), name
    other = _next(known[kind], name)
    return (kind, other) if other else ("review", name)


def _next(known: Sequence[str], value: str) -> str:
    """Return the value after a given one, round and round; empty when it is the only one."""
    others = [each for each in known if each != value]
    place = known.index(value) if value in known else 0
    return others[place % len(others)] if others else ""


def _aimed(effect: Effect, target: tuple[str, str]) -> Effect:
    """Return an effect with this target alone; its settings stay."""
    kind, name = target
    return Effect(
        person=name if kind == "person" else "",
        pool=name if kind == "pool" else "",
        queue=name if kind == "queue" else "",
        sequence=name if kind == "sequence" else "",
        reject=name if kind == "reject" else "",
        review=name if kind == "review" else "",
        sla=effect.sla,
        priority=effect.priority,
        tags=effect.tags,
    )


def _brief(condition: Condition) -> str:
    """Say a condition in a few words."""
    match condition:
        case Comparison():
            return told(condition)
        case NotOf(part):
            return f"not ({_brief(part)})"
        case AllOf(parts) | AnyOf(parts):
            word = "all" if isinstance(condition, AllOf) else "any"
            return f"{word} of ({'; '.join(_brief(part) for part in parts)})"
