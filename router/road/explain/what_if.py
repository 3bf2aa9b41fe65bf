"""What if: the changes under which somebody else gets a lead, in words and values."""

from collections.abc import Iterator, Mapping

from router.app import App
from router.lead.facts import FactValue
from router.now import ticks
from router.road.explain.remade import NotRemadeError, Pick, remade
from router.road.explain.told import ChangeTold, IfTold, WhatIf
from router.rulebook.model import Period, RuleBook
from router.stages.route.choose import GROUP
from router.stages.route.otherwise import Otherwise, anybody, person
from router.stages.route.rotation import LEAD
from router.stages.route.situation import Answer, Change, ChangeKind, answer

_GUARDED = "a guard would keep the lead aside now, as its facts stand"
#: Seconds that a person at a terminal waits for one answer.
TIME_S = 5.0
_PERIODS = {
    Period.OPEN: "open at once",
    Period.DAY: "a day",
    Period.WEEK: "a week",
    Period.MONTH: "a month",
}


def what_if(app: App, pick: Pick, who: str = "", *, time_s: float) -> WhatIf:
    """Tell the smallest changes under which somebody else, or a certain person, gets a lead.

    Args:
        app: Of this process.
        pick: What was recorded.
        who: Id of the person; empty for anybody else than who got it.
        time_s: Seconds after which nothing more is tried.

    Raises:
        Transient: The database could not do it now.
    """
    try:
        situation = remade(app, pick)
    except NotRemadeError as error:
        return WhatIf(who, (), asked=0, cut_short=False, why_not=str(error))
    was, owner = answer(situation), pick.judged.data.get("owner") or {}
    if owner and (was is None or was.owner != (owner.get("kind"), owner.get("id"))):
        return WhatIf(who, (), asked=1, cut_short=False, why_not=_GUARDED)
    until = ticks() + time_s

    def enough() -> bool:
        return ticks() > until

    found = person(situation, who, enough=enough) if who else anybody(situation, enough=enough)
    return WhatIf(
        person=who,
        found=tuple(told(each, situation.book) for each in found.found),
        asked=found.asked,
        cut_short=found.cut_short,
        why_not="",
    )


def told(found: Otherwise, book: RuleBook) -> IfTold:
    """Tell changes, and who gets the lead with them.

    Args:
        found: What was decided with them.
        book: For the names of people.
    """
    names = {card.id: card.name for card in book.people.values()}
    given = found.answer
    name = names.get(given.id, given.id) if given.kind == "person" else given.id
    return IfTold(
        changes=tuple(
            ChangeTold(each.kind.value, each.about, each.pool, _value(each))
            for each in found.changes
        ),
        kind=given.kind,
        owner=given.id,
        name=name,
        pool=given.pool,
        rule=given.rule,
        words=_sentence(found, names),
    )


def what_if_lines(found: WhatIf | None) -> Iterator[str]:
    """Write it for people.

    Args:
        found: From :func:`what_if`; None when nobody asked.
    """
    if found is None:
        return
    if found.why_not:
        yield f"Not told: {found.why_not}."
        return
    if not found.found:
        yield "Nothing that was tried would have changed it."
    elif len(found.found[0].changes) > 1:
        yield "No single change would have done; two at once would:"
    for each in found.found:
        yield each.words
    short = ", and time was up before everything was tried" if found.cut_short else ""
    times = "once" if found.asked == 1 else f"{found.asked} times"
    yield f"(decided again {times}{short})"


def _sentence(found: Otherwise, names: Mapping[str, str]) -> str:
    """Say it in one sentence.

    >>> change = Change(ChangeKind.FACT, "country", value="DE")
    >>> _sentence(Otherwise((change,), Answer("person", "lena", "dach", "de")), {"lena": "Lena"})
    'country DE would give Lena (rule de, pool dach)'
    """
    given = found.answer
    clauses = [_clause(each, names) for each in found.changes]
    facts = all(each.kind is ChangeKind.FACT for each in found.changes)
    placed = (("rule", given.rule), ("pool", given.pool))
    where = ", ".join(f"{what} {name}" for what, name in placed if name)
    where = f" ({where})" if where else ""
    if facts:
        return f"{' and '.join(clauses)} would give {_owner(given, names)}{where}"
    said = [
        f"with {clause}" if each.kind is ChangeKind.FACT else clause
        for each, clause in zip(found.changes, clauses, strict=True)
    ]
    theirs = given.kind == "person" and given.id in {each.about for each in found.changes}
    owner = "they" if theirs else _owner(given, names)
    return f"{', and '.join(said)}, {owner} would get it{where}"


def _owner(given: Answer, names: Mapping[str, str]) -> str:
    if given.kind == "person":
        return names.get(given.id, given.id)
    if given.kind == "pool":
        return f"pool {given.id}, to wait there"
    return f"{given.kind} {given.id}"


def _clause(change: Change, names: Mapping[str, str]) -> str:
    about = change.about
    who = f"group {about.removeprefix(GROUP)}" if about.startswith(GROUP) else about
    return _CLAUSES[change.kind].format(
        name=names.get(who, who),
        fact=_fact(change),
        pool=change.pool,
        value=_value(change),
        per=_PERIODS.get(change.period or Period.OPEN, ""),
        where=f" in pool {change.pool}" if change.pool else "",
    )


_CLAUSES = {
    ChangeKind.BACK: "if {name} were not {value}",
    ChangeKind.ON_SHIFT: "if {name} were on shift",
    ChangeKind.CAP: "with room for one more lead {per}{where} (cap {value}) for {name}",
    ChangeKind.NOT_PASSED: "if {name} had not passed it up before",
    ChangeKind.NOT_EXCLUDED: "if {name} had not just had it",
    ChangeKind.WEIGHT: "if {name} had the weight {value} in pool {pool}",
    ChangeKind.SKILL: "if {name} had the skill {value}",
    ChangeKind.TIER: "if {name} were in tier {value} of pool {pool}",
    ChangeKind.FEWER_OPEN: "if {name} had {value} fewer open in pool {pool}",
    ChangeKind.FACT: "{fact}",
    ChangeKind.CREDIT: "if {name} were owed {value} leads more in pool {pool}",
}


def _fact(change: Change) -> str:
    return f"{change.about} {_value(change)}" if change.value is not None else f"no {change.about}"


def _value(change: Change) -> str:
    value: FactValue | None = change.value
    if change.kind is ChangeKind.CREDIT and isinstance(value, int):
        return f"{value / LEAD:.2f}"
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(value)
        case _:
            return str(value)
