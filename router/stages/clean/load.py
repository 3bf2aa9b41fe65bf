"""What clean needs: who is known under a lead's keys, read under the locks of those keys.

Beside them the accounts that a lead may belong to; these are read without a lock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from router.app import App
from router.lead.case import Case
from router.lead.decision import Decision, KnowContact
from router.lead.ids import ContactId, LeadId
from router.lead.model import Lead
from router.lead.states import OPEN, OWNED
from router.pipeline import StageName
from router.rulebook.cover import stand_in
from router.stages.clean.accounts import Search, find_account, share_out, sought
from router.stages.clean.decide import Known, Prepared, decide, prepare
from router.store.absences import absent_people
from router.store.accounts import find_accounts, has_accounts
from router.store.people import contacts_by_key, lock_names, open_leads_of
from router.store.tx import Tx

_OPEN = tuple(sorted(state.value for state in OPEN))


@dataclass(slots=True)
class People:
    """Everybody this batch may be about; grows with each decision."""

    contacts: dict[str, ContactId]
    open_leads: dict[ContactId, Lead]
    #: What each lead's account is looked for by, and who may be it; empty without accounts.
    accounts: Mapping[LeadId, Search] = field(default_factory=dict)
    #: Owners of open leads who are away or have left, and who takes their place.
    gone: Mapping[str, str] = field(default_factory=dict)
    #: Digest of a rule book to when a review that is opened now is due, in working time.
    review_by: dict[str, datetime] = field(default_factory=dict)


class Clean:
    """The clean stage as the runner sees it."""

    name = StageName.CLEAN

    def __init__(self, app: App) -> None:
        """Use the books of this process.

        Args:
            app: Where a lead's rule book and the default region are found.
        """
        self._app = app
        #: Whether there are accounts; asked again, batch by batch, until there are.
        self._accounts = False

    def prepare(self, case: Case, now: datetime) -> Prepared:  # noqa: ARG002 - the runner's shape
        """Normalize, before any lock is taken."""
        return prepare(case.lead, self._app.settings.default_region)

    def load(self, tx: Tx, cases: Sequence[tuple[Case, Prepared]], now: datetime) -> People:
        """Lock every identity key of the batch in one order, then look up who holds it."""
        serve = self._app.settings.book
        keys = {key for _, prepared in cases for key in prepared.keys}
        lock_names(tx, ((f"identity:{serve}", key) for key in keys))
        contacts = contacts_by_key(tx, serve, keys)
        open_leads = open_leads_of(tx, sorted(set(contacts.values())), _OPEN)
        return People(
            contacts,
            open_leads,
            self._candidates(tx, cases),
            self._gone(tx, open_leads.values(), now),
        )

    def _gone(self, tx: Tx, leads: Iterable[Lead], now: datetime) -> dict[str, str]:
        """Find who of the owners is not there, and who takes their place."""
        owners = {lead.owner.id for lead in leads if lead.owner and lead.state in OWNED}
        if not owners:
            return {}
        book, away = self._app.shelf.active(), absent_people(tx, self._app.settings.book, now)
        found = {owner: stand_in(book, owner, away)[0] for owner in owners}
        return {owner: taken for owner, taken in found.items() if taken != owner}

    def _candidates(self, tx: Tx, cases: Sequence[tuple[Case, Prepared]]) -> dict[LeadId, Search]:
        """Find who may be the account of each lead, for the whole batch in one query."""
        serve = self._app.settings.book
        self._accounts = self._accounts or has_accounts(tx, serve)
        if not self._accounts:
            return {}
        wanted = {case.lead.id: sought(prepared.person) for case, prepared in cases}
        found = find_accounts(tx, serve, {key for each in wanted.values() for key in each.keys})
        return share_out(wanted, found)

    def decide(self, case: Case, prepared: Prepared, people: People, now: datetime) -> Decision:
        """Say whose inquiry it is, given everybody this batch has met before."""
        lead = case.lead
        book = self._app.book(lead.digest)
        source = book.sources.get(lead.source)
        review_by = people.review_by.get(lead.digest)
        if review_by is None:
            review_by = people.review_by[lead.digest] = self._app.review_by(book, now)
        search = people.accounts.get(lead.id)
        return decide(
            lead,
            prepared,
            Known(people.contacts, people.open_leads, people.gone),
            now,
            required=source.required if source else (),
            reviewer=book.taxonomy.reviewer,
            review_by=review_by,
            account=find_account(prepared.person, search, book.accounts) if search else None,
        )

    def absorb(self, people: People, prepared: Prepared, decision: Decision) -> None:  # noqa: ARG002 - the runner's shape
        """Let the next lead find the person that this one has made known."""
        for effect in decision.effects:
            if isinstance(effect, KnowContact):
                people.contacts.update(dict.fromkeys(effect.keys, effect.contact_id))

    def settled(self, people: People, lead: Lead) -> None:
        """Let the next lead join this one, as it was recorded."""
        if lead.contact_id is not None and lead.state in OPEN:
            people.open_leads[lead.contact_id] = lead

    def finish(self, tx: Tx, people: People) -> None:
        """Nothing is left to write: contacts and keys belong to their leads."""
