"""The show of ``demo``: deliveries go in over HTTP, and their leads appear with owner and reason.

Slow to import: commands import it when they run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from uuid import UUID
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from router.app import App, build_app
from router.cli import post
from router.cli.installation import Installation
from router.embedded.folders import prepare_home
from router.errors import LeadRouterError
from router.lead.decision import ClockKind
from router.lead.model import Lead
from router.lead.states import LeadState, OwnerKind
from router.now import now, ticks
from router.rulebook.model import RuleBook
from router.rulebook.roster import calendar_of
from router.rulebook.worktime import work_time
from router.settings import Settings, secret_variable
from router.store.arrivals import leads_of_delivery
from router.store.clocks import clocks_of
from router.store.reviews import reviews_of
from router.store.tx import Tx, transaction

#: Seconds after which what has not settled is shown as it is.
_SETTLES_S = 30.0
_LOOK_S = 0.05
_UNDER_WAY = frozenset(
    {LeadState.CAPTURED, LeadState.CLEANED, LeadState.CLASSIFIED, LeadState.ROUTED}
)
_SAMPLES = (
    "demo-request",
    "typeform-pricing",
    "standard-purchase",
    "html-enterprise",
    "partner-form",
    "customer-help",
    "unclear",
    "spam-honeypot",
)
#: Secrets that the starter book's signed sources name.
_SIGNED = ("typeform", "tally", "standard")
#: Calendar of an office, and the sample that comes from its territory.
_AFTER_HOURS = (
    ("sydney", "after-hours-sydney"),
    ("new-york", "after-hours-new-york"),
    ("berlin", "after-hours-berlin"),
)


@dataclass(slots=True)
class Row:
    """One delivery of the show, and what became of it so far."""

    about: str
    delivery_id: UUID | None = None
    #: The delivery is one that was sent before.
    again: bool = False
    state: str = "sending"
    owner: str = ""
    why: str = ""
    due: str = ""
    settled: bool = False
    printed: bool = False


@dataclass(slots=True)
class Show:
    """One demo, from start to end."""

    told: Settings
    #: When the program began, in ticks.
    began: float
    #: Whether everything stops when the show is over.
    ends: bool
    console: Console = field(default_factory=Console)
    rows: list[Row] = field(default_factory=list)
    first_owner_s: float | None = None
    complete: bool = False

    def run(self) -> bool:
        """Start everything, show it, and stop; return whether every delivery settled.

        Raises:
            Misconfigured: A setting or the data folder must be corrected first.
        """
        home = prepare_home(self.told.home_path())
        secrets = post.make_demo_secrets(home, _SIGNED)
        env = {
            secret_variable(name): secret
            for name, secret in secrets.items()
            if not self.told.secrets(name)
        }
        self.console.print("Starting lead-router: database, broker, web, workers, ticker ...")
        Installation(self.told, say=self._say, env=env).run(self._perform)
        return self.complete

    def _say(self, text: str) -> None:
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _perform(self, place: Installation) -> None:
        """Run in a thread beside the supervisor; whatever happens, it ends what must end."""
        try:
            if not place.wait_until_it_answers():
                self._say(place.trouble())
                place.stop()
                return
            app = build_app(place.settings, pool_size=1)
            try:
                self._show(place, app)
            finally:
                app.close()
            self._say(self._last_words(place))
        except LeadRouterError as error:
            self._say(f"The demo cannot go on: {error}")
            place.stop()
        if self.ends:
            place.stop()

    def _show(self, place: Installation, app: App) -> None:
        book = app.shelf.active()
        target = post.Place(*place.address)
        chosen = [post.read_sample(name) for name in (*_SAMPLES, after_hours(book, now()))]
        chosen.insert(1, chosen[0])  # the same bytes once more, as a form tool that retries
        self._say(f"Posting {len(chosen)} deliveries to {place.url}/in/...\n")
        with self._screen() as draw:
            for position, sample in enumerate(chosen):
                row = Row(sample.about, again=position == 1)
                row.about = "The same delivery again" if row.again else row.about
                self.rows.append(row)
                proof = post.proof_for(
                    sample, book.sources[sample.source], place.settings, place.home
                )
                row.delivery_id = UUID(str(post.post(target, sample, proof)["delivery_id"]))
                self._look(app, book)
                draw()
            self._follow(app, book, draw, place.stopping)
        self.complete = all(row.settled for row in self.rows)

    def _follow(self, app: App, book: RuleBook, draw: Callable[[], None], stopping: Event) -> None:
        deadline = ticks() + _SETTLES_S
        while not all(row.settled for row in self.rows) and ticks() < deadline:
            if stopping.wait(_LOOK_S):
                return
            self._look(app, book)
            draw()

    def _look(self, app: App, book: RuleBook) -> None:
        """Read what became of every delivery that has not settled."""
        with transaction(app.engine) as tx:
            for row in self.rows:
                if not row.settled and row.delivery_id is not None:
                    leads = leads_of_delivery(tx, row.delivery_id)
                    if leads:
                        self._fill(tx, row, leads[0], book)
                    else:
                        row.state = "received"

    def _fill(self, tx: Tx, row: Row, lead: Lead, book: RuleBook) -> None:
        row.state = lead.state.value.replace("_", " ")
        row.settled = lead.state not in _UNDER_WAY
        if row.again:
            row.state, row.why = "known", "Answered as before; no second lead."
            row.settled = True
            return
        if lead.owner is not None:
            if self.first_owner_s is None:
                self.first_owner_s = ticks() - self.began
            row.owner, row.why = owner_name(lead, book), lead.why
            clock = clocks_of(tx, [lead.id]).get(lead.id, {}).get(ClockKind.ACCEPTANCE)
            row.due = local(clock.respond_by, calendar_of(book, lead.owner).zone) if clock else ""
        elif lead.state is LeadState.IN_REVIEW:
            for item in reviews_of(tx, lead.id)[:1]:
                reviewer = book.people[item.reviewer]
                row.owner, row.why = f"{reviewer.name} (review)", item.question
                row.due = local(item.due_at, book.calendars[reviewer.calendar].zone)
        else:
            row.why = f"Kept, not worked: {lead.reason}."

    def _screen(self) -> "_Screen":
        return _Screen(self.console, self.rows)

    def _last_words(self, place: Installation) -> str:
        owner = f"{self.first_owner_s:.1f} s" if self.first_owner_s is not None else "no time yet"
        lines = [
            "",
            f"The first lead had its owner {owner} after the start of this program.",
        ]
        if self.ends:
            lines.append("Stopping. Run `lead-router demo --stay` to keep everything running.")
            return "\n".join(lines)
        lines += [
            "",
            "Try next, in another terminal:",
            f"  curl {place.url}/in/html -d name=Ada -d email=ada@example.org -d country=GB \\",
            '       -d message="Can you show me a demo?"',
            f"  open {place.url}/docs",
            f"  export LEAD_ROUTER_HOME='{place.home}'",
            "  lead-router send --list; lead-router doctor",
            "",
            "Everything runs until Ctrl-C.",
        ]
        return "\n".join(lines)


class _Screen:
    """Shows rows: a live table on a terminal, else a line for each row once it has settled."""

    def __init__(self, console: Console, rows: list[Row]) -> None:
        self._console = console
        self._rows = rows
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None

    def __enter__(self) -> Callable[[], None]:
        if self._live is not None:
            self._live.__enter__()
        return self._draw

    def __exit__(self, *_: object) -> None:
        self._draw()
        if self._live is not None:
            self._live.__exit__(None, None, None)
            return
        for row in self._rows:
            if not row.printed:
                self._print(row)

    def _draw(self) -> None:
        if self._live is not None:
            self._live.update(_table(self._rows), refresh=True)
            return
        for row in self._rows:
            if row.settled and not row.printed:
                self._print(row)

    def _print(self, row: Row) -> None:
        row.printed = True
        shown = [row.about, row.state, row.owner, row.why, row.due]
        self._console.out(" | ".join(part for part in shown if part), highlight=False)


def after_hours(book: RuleBook, moment: datetime) -> str:
    """Return the sample of a territory whose office is closed now.

    Args:
        book: The active book; it is the operator's own, so that an office may be missing.
        moment: Now, aware.
    """
    for calendar, sample in _AFTER_HOURS:
        hours = book.calendars.get(calendar)
        if hours is not None and not work_time(hours).is_open(moment):
            return sample
    return _AFTER_HOURS[0][1]


def owner_name(lead: Lead, book: RuleBook) -> str:
    """Return who owns a lead, as people call them; of a shared list also who answers for it."""
    if lead.owner is None:
        return ""
    accountable = book.people.get(lead.owner.accountable)
    person = accountable.name if accountable else lead.owner.accountable
    if lead.owner.kind is OwnerKind.PERSON:
        return person
    return f"{lead.owner.id} ({person})"


def local(moment: datetime, zone: str) -> str:
    """Return a moment as the clock on an owner's wall shows it.

    >>> from datetime import UTC
    >>> local(datetime(2026, 1, 5, 22, 30, tzinfo=UTC), "Australia/Sydney")
    'Tue 6 Jan 09:30 Sydney'

    Args:
        moment: Aware.
        zone: IANA zone.
    """
    there = moment.astimezone(ZoneInfo(zone))
    city = zone.rpartition("/")[2].replace("_", " ")
    return f"{there:%a} {there.day} {there:%b %H:%M} {city}"


def _table(rows: Sequence[Row]) -> Table:
    table = Table(expand=True, box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name, ratio in (("what came in", 5), ("state", 2), ("owner", 3), ("why", 6), ("due", 3)):
        wide = len("activated") if name == "state" else None
        table.add_column(name, ratio=ratio, min_width=wide, overflow="fold")
    colours = {"activated": "green", "in review": "yellow", "rejected": "red"}
    for row in rows:
        state = Text(row.state, style=colours.get(row.state, "dim"))
        table.add_row(Text(row.about), state, Text(row.owner), Text(row.why), Text(row.due))
    return table
