"""The roster files: people, pools, queues and sequences (teams.yaml), and calendars.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, available_timezones

import holidays
import opening_hours

from router.rulebook.model import Calendar, PersonCard, Pool, Queue
from router.rulebook.reading.nodes import Node, Scalar
from router.rulebook.reading.pools import check_pools, read_caps, read_pool, read_skills
from router.rulebook.reading.reader import Reader


@dataclass(slots=True)
class Roster:
    """Who can own a lead."""

    people: dict[str, PersonCard] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    sequences: dict[str, Queue] = field(default_factory=dict)


def read_teams(reader: Reader, root: Node | None) -> Roster:
    """Read teams.yaml.

    Args:
        reader: Takes problems, names and references.
        root: The file's root; None when it could not be read.
    """
    found = reader.fields(root, "teams.yaml", ("people", "pools", "queues"), ("sequences",))
    if "queues" in found:
        reader.names.setdefault("sequence", {})
    roster = Roster()
    for key, node in reader.section("person", found.get("people"), "people"):
        roster.people[key.text] = _person(reader, key, node)
    for key, node in reader.section("pool", found.get("pools"), "pools"):
        roster.pools[key.text] = read_pool(reader, key, node)
    for key, node in reader.section("queue", found.get("queues"), "queues"):
        roster.queues[key.text] = _queue(reader, "queue", key, node)
    for key, node in reader.section("sequence", found.get("sequences"), "sequences"):
        roster.sequences[key.text] = _queue(reader, "sequence", key, node)
    _check_chain(reader, "managers", {card.id: card.manager for card in roster.people.values()})
    _check_chain(reader, "covers", {card.id: card.cover for card in roster.people.values()})
    check_pools(reader, roster.pools)
    _check_leavers(reader, roster)
    return roster


def _person(reader: Reader, key: Scalar, node: Node) -> PersonCard:
    found = reader.fields(
        node,
        "a person",
        ("name", "email", "calendar"),
        ("manager", "booking_link", "skills", "cap", "cover", "left"),
    )
    link = reader.text(found.get("booking_link"))
    if link and not link.startswith(("https://", "http://")):
        reader.problems.add(found["booking_link"].place, "a booking link starts with https://")
    return PersonCard(
        id=reader.declare("person", key),
        name=reader.text(found.get("name")),
        email=reader.address(found.get("email")),
        manager=reader.refer("person", found.get("manager")),
        calendar=reader.refer("calendar", found.get("calendar")),
        booking_link=link,
        skills=read_skills(reader, found.get("skills")),
        caps=read_caps(reader, found.get("cap")),
        cover=reader.refer("person", found.get("cover")),
        left=reader.truth(found.get("left")),
    )


def _queue(reader: Reader, kind: str, key: Scalar, node: Node) -> Queue:
    found = reader.fields(node, f"a {kind}", ("role", "accountable", "calendar"))
    return Queue(
        id=reader.declare(kind, key),
        role=reader.refer("role", found.get("role")),
        accountable=reader.refer("person", found.get("accountable")),
        calendar=reader.refer("calendar", found.get("calendar")),
    )


def _check_leavers(reader: Reader, roster: Roster) -> None:
    """Refuse people who left where somebody must answer; that they own leads is told elsewhere."""
    gone = {card.id for card in roster.people.values() if card.left}
    answers = [
        *(("pool", each.id, each.manager) for each in roster.pools.values()),
        *(("queue", each.id, each.accountable) for each in roster.queues.values()),
        *(("sequence", each.id, each.accountable) for each in roster.sequences.values()),
        *(
            ("person", each.id, below)
            for each in roster.people.values()
            if not each.left
            for below in (each.manager, each.cover)
        ),
    ]
    for kind, name, person in answers:
        place = reader.names.get(kind, {}).get(name)
        if person in gone and place is not None:
            reader.problems.add(
                place,
                f"the {kind} '{name}' counts on '{person}', who left",
                advice="Name somebody who is here.",
            )


def _check_chain(reader: Reader, what: str, above: Mapping[str, str]) -> None:
    """Refuse a circle of managers, or of covers: a lead would run in it for ever."""
    for start in above:
        seen = [start]
        while (then := above[seen[-1]]) in above:
            if then == start:
                place = reader.names["person"].get(start)
                if place is not None and start == min(seen):
                    circle = " > ".join((*seen, then))
                    reader.problems.add(place, f"{what} in a circle: {circle}")
                break
            if then in seen:
                break
            seen.append(then)


def read_calendars(reader: Reader, root: Node | None) -> dict[str, Calendar]:
    """Read calendars.yaml.

    Args:
        reader: Takes problems and names.
        root: The file's root; None when it could not be read.
    """
    calendars = {}
    for key, node in reader.section("calendar", root, "calendars.yaml"):
        found = reader.fields(
            node, "a calendar", ("zone", "hours"), ("country", "subdivision", "extra")
        )
        calendars[key.text] = Calendar(
            id=reader.declare("calendar", key),
            zone=_zone(reader, found.get("zone")),
            hours=_hours(reader, found.get("hours")),
            country=_country(reader, found.get("country")),
            subdivision=_subdivision(reader, found),
            extra=tuple(_hours(reader, item) for item in reader.items(found.get("extra"), "extra")),
        )
    return calendars


def _zone(reader: Reader, node: Node | None) -> str:
    zone = reader.text(node)
    if node is not None and zone:
        try:
            ZoneInfo(zone)
        except (LookupError, ValueError, OSError):
            reader.problems.unknown(node.place, "time zone", zone, available_timezones())
    return zone


def _hours(reader: Reader, node: Node | None) -> str:
    hours = reader.text(node)
    if node is not None and hours and not opening_hours.validate(hours):
        reader.problems.add(
            node.place,
            f"'{hours}' is not opening hours",
            advice="Write them like: Mo-Fr 09:00-12:30,13:30-17:30.",
        )
    return hours


def _country(reader: Reader, node: Node | None) -> str:
    country = reader.text(node)
    known = holidays.list_supported_countries(include_aliases=False)
    if node is not None and country and country not in known:
        reader.country_problem(country, node.place)
    return country


def _subdivision(reader: Reader, found: dict[str, Node]) -> str:
    node = found.get("subdivision")
    subdivision = reader.text(node)
    country = reader.text(found.get("country"))
    known = holidays.list_supported_countries(include_aliases=False).get(country, [])
    if node is not None and subdivision and subdivision not in known:
        reader.problems.unknown(node.place, f"subdivision of '{country}'", subdivision, known)
    return subdivision
