"""Small simulations whose outcome can be worked out by hand: one pool, leads at fixed moments."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from router.road.simulate.arrivals import Arrival
from router.road.simulate.lead import lead_of
from router.road.simulate.run import simulate
from router.road.simulate.seen import Seen
from router.road.simulate.setting import Setting
from router.road.simulate.world import Absence, Change, Habits, timeline
from router.rulebook.model import AllOf, Effect, Member, Phase, Pool, RuleBook

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
#: The summer-time change of London lies behind these four weeks.
FOUR_WEEKS = timedelta(days=27)
TEAM = "team"
TOM, PRIYA, OWEN, ISLA = "tom-keane", "priya-shah", "owen-price", "isla-grant"
#: Everybody accepts after ten minutes of work, always, and is never too busy.
EXACT = Habits(
    answer=timedelta(minutes=10),
    work=timedelta(0),
    touch=timedelta(minutes=20),
    close=timedelta(hours=16),
    decline=0.0,
    spread=0.0,
)


def team(book: RuleBook, *members: str | Member, **settings: object) -> RuleBook:
    """Return a book that sends every lead to one pool of these people."""
    some = tuple(each if isinstance(each, Member) else Member(each) for each in members)
    pool = Pool(TEAM, "sales", "george-amari", some, **settings)  # type: ignore[arg-type]  # a test names real fields
    last = book.rules[Phase.ROUTES][-1]
    rule = replace(last, id="everybody", when=AllOf((), last.place), then=Effect(pool=TEAM))
    rules = {Phase.GUARDS: (), Phase.ROUTES: (rule,), Phase.ENRICH: (), Phase.FALLBACK: ()}
    return replace(book, rules={**book.rules, **rules}, pools={TEAM: pool}, digest="team")


def hourly(days: int, *, first: int = 9, each_day: int = 8) -> list[datetime]:
    """Return moments at the full hours of working days in London, from a Monday on."""
    return [
        MONDAY + timedelta(days=day, hours=hour)
        for day in range(days)
        for hour in range(first, first + each_day)
        if (MONDAY + timedelta(days=day)).weekday() < 5
    ]


def at(text: str) -> datetime:
    """Read a moment in UTC, such as ``2026-03-31 23:30``."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def arrivals(moments: Iterable[datetime], **facts: str | int | bool) -> tuple[Arrival, ...]:
    """Return leads from the United Kingdom that ask for a price, at these moments."""
    known = {"country": "GB", "intent": "pricing", **facts}
    return tuple(
        Arrival(number, lead_of(known, number, moment, ""))
        for number, moment in enumerate(sorted(moments), start=1)
    )


def played(  # noqa: PLR0913 - what is played, by name
    book: RuleBook,
    moments: Sequence[datetime],
    *,
    away: Sequence[Absence] = (),
    changes: Sequence[Change] = (),
    habits: Habits = EXACT,
    end: datetime = MONDAY + FOUR_WEEKS,
) -> Seen:
    """Play leads that come at these moments."""
    setting = Setting(
        books=timeline(book, changes, MONDAY),
        arrivals=arrivals(moments),
        start=MONDAY,
        end=end,
        absences=away,
        habits=habits,
    )
    return simulate(setting)


def given(seen: Seen, since: datetime = MONDAY, until: datetime | None = None) -> Counter[str]:
    """Count who was given leads in a span."""
    return Counter(
        each.person
        for each in seen.picks
        if each.at >= since and (until is None or each.at < until)
    )


def two_weeks(person: str) -> Absence:
    """Return somebody's absence in the second and the third week."""
    return Absence(person, MONDAY + timedelta(days=7), MONDAY + timedelta(days=21))
