"""Pools of teams.yaml: members, how one is chosen, and what happens when nobody can be."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from router.lead.facts import FACTS, FactType
from router.rulebook.model import (
    AbsenceCredit,
    Absences,
    Caps,
    First,
    Group,
    HandOut,
    Member,
    Method,
    NobodyPolicy,
    Period,
    Pool,
    Ramp,
    Skill,
)
from router.rulebook.reading.nodes import Node, Scalar
from router.rulebook.reading.reader import Reader
from router.rulebook.reading.times import parse_span

_SETTINGS = (
    "require",
    "method",
    "first",
    "sticky",
    "resting",
    "skills",
    "nobody",
    "overflow",
    "absence",
    "pace",
    "hand_out",
    "credit_back",
    "calendar",
)
#: How a pool and its group hand out where nobody would ever get a lead.
_CANNOT_PUSH = (HandOut.PUSH, HandOut.PULL)
#: Facts whose value can be a skill.
_ASKABLE = tuple(
    name for name, (kind, _) in FACTS.items() if kind in {FactType.CODE, FactType.LIST}
)


def read_pool(reader: Reader, key: Scalar, node: Node) -> Pool:
    """Read one pool.

    Args:
        reader: Takes problems, names and references.
        key: Its name.
        node: What stands under it.
    """
    found = reader.fields(node, "a pool", ("role", "manager"), ("members", "groups", *_SETTINGS))
    if "members" in found and "groups" in found:
        reader.problems.add(key.place, f"the pool '{key.text}' has members and groups; give one")
    if "members" not in found and "groups" not in found:
        reader.problems.add(node.place, "a pool needs 'members'")
    pace = reader.whole(found.get("pace"), 0, low=1, high=1000)
    return Pool(
        id=reader.declare("pool", key),
        role=reader.refer("role", found.get("role")),
        manager=reader.refer("person", found.get("manager")),
        members=_members(reader, found.get("members")),
        groups=_groups(reader, found.get("groups")),
        require=reader.word(
            found.get("require"), "requirement", ("nothing", "on_shift"), default="nothing"
        ),
        method=Method(_word(reader, found, "method", Method, Method.ROTATION)),
        first=_first(reader, found.get("first")),
        sticky=_span(reader, found.get("sticky")) or timedelta(days=90),
        resting=_span(reader, found.get("resting")),
        skills=tuple(
            _skill(reader, item) for item in _items(reader, found.get("skills"), "skills")
        ),
        nobody=NobodyPolicy(_word(reader, found, "nobody", NobodyPolicy, NobodyPolicy.OFF_SHIFT)),
        overflow=tuple(
            reader.refer("pool", item) for item in _items(reader, found.get("overflow"), "overflow")
        ),
        absences=_absences(reader, found.get("absence")),
        pace=pace,
        hand_out=HandOut(_word(reader, found, "hand_out", HandOut, HandOut.PUSH)),
        credit_back=tuple(
            reader.id(item, "reason")
            for item in _items(reader, found.get("credit_back"), "credit_back")
        ),
        calendar=reader.refer("calendar", found.get("calendar")),
    )


def read_caps(reader: Reader, node: Node | None) -> Caps:
    """Read the bounds of a person, by period.

    Args:
        reader: Takes problems.
        node: A map of periods to numbers; None for no bound.
    """
    found = reader.fields(node, "a cap", (), tuple(Period)) if node is not None else {}
    return {
        period: reader.whole(found[period], 1, low=0, high=1_000_000)
        for period in Period
        if period in found
    }


def read_skills(reader: Reader, node: Node | None) -> frozenset[str]:
    """Read what a person can do; case does not count.

    Args:
        reader: Takes problems.
        node: One skill, or a list of them; None for none.
    """
    if node is None:
        return frozenset()
    return frozenset(text.casefold() for text in reader.texts(node))


def check_pools(reader: Reader, pools: Mapping[str, Pool]) -> None:
    """Note pools that pass a lead round in a circle, and settings that have no effect.

    Args:
        reader: Takes problems; every pool was declared with it.
        pools: All pools of the book.
    """
    for pool in pools.values():
        place = reader.names["pool"].get(pool.id)
        if place is None:
            continue
        if pool.nobody is NobodyPolicy.OVERFLOW and not pool.overflow:
            reader.problems.add(
                place, f"the pool '{pool.id}' says nobody: overflow, but names no overflow pools"
            )
        if pool.overflow and pool.nobody is not NobodyPolicy.OVERFLOW:
            reader.problems.add(
                place, f"the pool '{pool.id}' names overflow pools that nobody: overflow would ask"
            )
        for group in pool.groups:
            inner = pools.get(group.pool)
            if inner is not None and inner.groups:
                reader.problems.add(
                    place, f"the pool '{pool.id}' has the group '{inner.id}', which has groups"
                )
            elif inner is not None and (pool.hand_out, inner.hand_out) == _CANNOT_PUSH:
                reader.problems.add(
                    place, f"the pool '{pool.id}' cannot push to '{inner.id}', which is pulled from"
                )
        if pool.id in _reached(pool, pools):
            reader.problems.add(place, f"the overflow of the pool '{pool.id}' leads back to it")


def _reached(pool: Pool, pools: Mapping[str, Pool]) -> set[str]:
    seen: set[str] = set()
    waiting = list(pool.overflow)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in pools:
            waiting.extend(pools[name].overflow)
    return seen


def _members(reader: Reader, node: Node | None) -> tuple[Member, ...]:
    members: dict[str, Member] = {}
    for item in reader.items(node, "the members of a pool"):
        member = _member(reader, item)
        if member.person in members:
            reader.problems.add(item.place, f"'{member.person}' is in this pool twice")
        members[member.person] = member
    return tuple(members.values())


def _member(reader: Reader, node: Node) -> Member:
    if isinstance(node, Scalar):
        return Member(reader.refer("person", node))
    found = reader.fields(node, "a member", ("person",), ("weight", "tier", "cap", "ramp"))
    return Member(
        person=reader.refer("person", found.get("person")),
        weight=reader.whole(found.get("weight"), 1, low=1, high=100),
        tier=reader.whole(found.get("tier"), 1, low=1, high=9),
        caps=read_caps(reader, found.get("cap")),
        ramp=_ramp(reader, found.get("ramp")),
    )


def _ramp(reader: Reader, node: Node | None) -> Ramp | None:
    if node is None:
        return None
    found = reader.fields(node, "a ramp", ("from", "weeks"), ("percent",))
    written = found.get("from")
    day = reader.text(written)
    start = date(1970, 1, 1)
    try:
        start = date.fromisoformat(day) if day else start
    except ValueError:
        if written is not None:
            reader.problems.add(written.place, f"'{day}' is not a day", advice="Write 2026-03-01.")
    return Ramp(
        start=start,
        weeks=reader.whole(found.get("weeks"), 1, low=1, high=52),
        percent=reader.whole(found.get("percent"), 25, low=1, high=100),
    )


def _groups(reader: Reader, node: Node | None) -> tuple[Group, ...]:
    groups: dict[str, Group] = {}
    for item in _items(reader, node, "the groups of a pool"):
        if isinstance(item, Scalar):
            group = Group(reader.refer("pool", item))
        else:
            found = reader.fields(item, "a group", ("pool",), ("weight",))
            group = Group(
                reader.refer("pool", found.get("pool")),
                reader.whole(found.get("weight"), 1, low=1, high=100),
            )
        if group.pool in groups:
            reader.problems.add(item.place, f"'{group.pool}' is a group of this pool twice")
        groups[group.pool] = group
    return tuple(groups.values())


def _first(reader: Reader, node: Node | None) -> tuple[First, ...]:
    names = tuple(First)
    found = (reader.word(item, "who comes first", names) for item in _items(reader, node, "first"))
    return tuple(dict.fromkeys(First(name) for name in found if name in names))


def _skill(reader: Reader, node: Node) -> Skill:
    if isinstance(node, Scalar):
        return Skill(name=reader.text(node).casefold())
    found = reader.fields(node, "a skill", (), ("fact", "name", "drop_after"))
    if ("fact" in found) == ("name" in found):
        reader.problems.add(node.place, "a skill needs 'fact' or 'name', and not both")
    return Skill(
        fact=reader.word(found.get("fact"), "fact that can be a skill", _ASKABLE),
        name=reader.text(found.get("name")).casefold(),
        drop_after=_span(reader, found.get("drop_after")),
    )


def _absences(reader: Reader, node: Node | None) -> Absences:
    if node is None:
        return Absences()
    found = reader.fields(node, "an absence policy", ("credit",), ("up_to", "catch_up"))
    credit = AbsenceCredit(_word(reader, found, "credit", AbsenceCredit, AbsenceCredit.NONE))
    if ("up_to" in found) != (credit is AbsenceCredit.ACCRUE):
        reader.problems.add(node.place, "'up_to' belongs to credit: accrue, and must be there then")
    return Absences(
        credit=credit,
        up_to=reader.whole(found.get("up_to"), 0, low=1, high=1000),
        catch_up=reader.whole(found.get("catch_up"), 2, low=2, high=10),
    )


def _word(
    reader: Reader, found: Mapping[str, Node], name: str, known: type[StrEnum], default: StrEnum
) -> str:
    """Read one of the words of an enum; the default when it is another."""
    words = [each.value for each in known]
    word = reader.word(found.get(name), name.replace("_", " "), words, default=default)
    return word if word in words else default


def _items(reader: Reader, node: Node | None, what: str) -> tuple[Node, ...]:
    """Read one entry, or a list of them; none when there is no node."""
    if node is None:
        return ()
    return (node,) if isinstance(node, Scalar) else reader.items(node, what)


def _span(reader: Reader, node: Node | None) -> timedelta | None:
    """Read a span of calendar time such as ``90d``."""
    if node is None:
        return None
    written = reader.text(node)
    span = parse_span(written)
    if span is None and written:
        reader.problems.add(
            node.place,
            f"'{written}' is not a span of time",
            advice="Write a number and m, h, d or w, e.g. 90d.",
        )
    return span
