"""What route needs: the pools it picks from, under their locks, and who is away."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from router.app import App
from router.lead.case import Case
from router.lead.decision import Decision
from router.lead.model import Lead
from router.pipeline import StageName
from router.rulebook.model import Pool, RuleBook
from router.rulebook.worktime import work_time
from router.stages.route.decide import LEFT, Choice, Plan, decide, plan
from router.stages.route.rotation import Seat
from router.store.absences import absent_people
from router.store.roster import ledger, lock_pools
from router.store.tx import Tx
from router.store.writes import credit_members


@dataclass(slots=True)
class Turns:
    """The seats of every pool this batch may pick from, as they stand after each pick."""

    seats: dict[tuple[str, str], tuple[Seat, ...]] = field(default_factory=dict)
    away: dict[str, str] = field(default_factory=dict)
    #: The version of each lead with the people of today, by digest.
    books: dict[str, RuleBook] = field(default_factory=dict)
    #: When a review that is opened now is due, by digest; asked once a batch.
    review_by: dict[str, datetime] = field(default_factory=dict)
    #: Leads assigned to a member by this batch, by pool and person.
    assigned: dict[tuple[str, str], int] = field(default_factory=dict)
    #: The choice of the decision that was made last; taken over by ``absorb``.
    choice: Choice | None = None


class Route:
    """The route stage as the runner sees it."""

    name = StageName.ROUTE

    def __init__(self, app: App) -> None:
        """Use the books of this process.

        Args:
            app: Where a lead's rule book is found.
        """
        self._app = app

    def prepare(self, case: Case, now: datetime) -> Plan:  # noqa: ARG002 - the runner's shape
        """Ask the rules, before any lock is taken."""
        return plan(case.lead, self._app.book(case.lead.digest), case.reroute)

    def load(self, tx: Tx, cases: Sequence[tuple[Case, Plan]], now: datetime) -> Turns:
        """Lock the pools that were named, in order, and read whose turn it is."""
        turns = Turns()
        for digest in {case.lead.digest for case, _ in cases}:
            turns.books[digest] = self._app.live(digest)
        serve = self._app.settings.book
        for person, absent in absent_people(tx, serve, now).items():
            until = absent.until
            till = f"until {until:%Y-%m-%d %H:%M} UTC" if until else "until further notice"
            turns.away[person] = f"away {till}" + (f" ({absent.reason})" if absent.reason else "")
        wanted = {
            (case.lead.digest, planned.target): turns.books[case.lead.digest].pools.get(
                planned.target
            )
            for case, planned in cases
            if planned.kind == "pool"
        }
        pools = {key: each for key, each in wanted.items() if each is not None}
        if not pools:
            return turns
        lock_pools(tx, serve, [each.id for each in pools.values()])
        members = sorted({(p.id, m.person) for p in pools.values() for m in p.members})
        credit = ledger(tx, serve, members)
        for key, each in pools.items():
            turns.seats[key] = self._seats(each, turns.books[key[0]], credit, turns, now)
        return turns

    def decide(self, case: Case, planned: Plan, turns: Turns, now: datetime) -> Decision:
        """Pick, given everything that was picked before in this batch."""
        digest = case.lead.digest
        book, seats = turns.books[digest], turns.seats.get((digest, planned.target))
        review_by = turns.review_by.get(digest)
        if review_by is None:
            review_by = turns.review_by[digest] = self._app.review_by(book, now)
        decision, turns.choice = decide(
            case.lead,
            planned,
            book,
            seats={} if seats is None else {planned.target: seats},
            away=turns.away,
            review_by=review_by,
            now=now,
        )
        return decision

    def absorb(self, turns: Turns, planned: Plan, decision: Decision) -> None:  # noqa: ARG002 - the runner's shape
        """Let the next lead of the batch see whose turn it is now, in every version of the book."""
        choice = turns.choice
        if choice is None or not choice.seats:
            return
        pool, person = choice.owner.pool, choice.owner.id
        turns.assigned[pool, person] = turns.assigned.get((pool, person), 0) + 1
        owed = {seat.person: seat.credit for seat in choice.seats}
        for key, seats in turns.seats.items():
            if key == (decision.lead.digest, pool):
                turns.seats[key] = choice.seats
            elif key[1] == pool:
                turns.seats[key] = tuple(
                    replace(seat, credit=owed.get(seat.person, seat.credit)) for seat in seats
                )

    def settled(self, turns: Turns, lead: Lead) -> None:
        """Leads meet here only through whose turn it is."""

    def finish(self, tx: Tx, turns: Turns) -> None:
        """Write the ledger of this batch."""
        picked = {pool for pool, _ in turns.assigned}
        changed = {
            (pool, seat.person): seat.credit
            for (_, pool), seats in turns.seats.items()
            if pool in picked
            for seat in seats
        }
        credit_members(
            tx,
            self._app.settings.book,
            [
                (pool, person, credit, turns.assigned.get((pool, person), 0))
                for (pool, person), credit in sorted(changed.items())
            ],
        )

    @staticmethod
    def _seats(
        pool: Pool,
        book: RuleBook,
        credit: dict[tuple[str, str], int],
        turns: Turns,
        now: datetime,
    ) -> tuple[Seat, ...]:
        seats = []
        for member in pool.members:
            card = book.people.get(member.person)
            barred = LEFT if card is None else turns.away.get(member.person, "")
            if not barred and card is not None and pool.require == "on_shift":
                hours = work_time(book.calendars[card.calendar])
                barred = "" if hours.is_open(now) else "off shift"
            owed = credit.get((pool.id, member.person), 0)
            seats.append(Seat(member.person, member.weight, owed, barred))
        return tuple(seats)
