"""Leavers: people who are gone, and still own open leads."""

from dataclasses import dataclass, replace

from router.app import App
from router.rulebook.model import RuleBook
from router.stages.desk.transfer import absent
from router.store.transfers import accountable_for_open, owners_of_open
from router.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody who is gone, and what is still theirs."""

    person: str
    #: The id again for somebody whom the active book does not know any more.
    name: str
    #: True when the active book does not know them; False when it says that they left.
    vanished: bool
    #: Open leads that they own.
    leads: int
    #: Open leads of queues, sequences and pools that they are accountable for. No transfer moves
    #: these: the book names somebody else, or the fallback owner is told in their place.
    accountable: int

    @property
    def command(self) -> str:
        """Return what moves their leads to those who are left in their pools."""
        return f"lead-router people transfer {self.person} --pools"


def people_of_today(app: App) -> RuleBook:
    """Return the active version, with the people whom only the canary knows: they are here, too.

    Args:
        app: Of this process.

    Raises:
        Misconfigured: Nothing was published yet, or nothing that was can be used.
    """
    active = app.shelf.active()
    tried = app.shelf.usable(app.shelf.aliases().canary)
    if tried is None:
        return active
    return replace(active, people={**tried.people, **active.people})


def leavers(app: App, tx: Tx) -> list[Leaver]:
    """Return who left, or vanished from the book, and still has open leads; most leads first.

    Args:
        app: Of this process.
        tx: Open transaction.
    """
    book, serve = people_of_today(app), app.settings.book
    owned, answered = owners_of_open(tx, serve), accountable_for_open(tx, serve)
    found = [
        Leaver(
            person=person,
            name=book.people[person].name if person in book.people else person,
            vanished=person not in book.people,
            leads=owned.get(person, 0),
            accountable=answered.get(person, 0),
        )
        for person in owned.keys() | answered.keys()
        if absent(book, person)
    ]
    return sorted(found, key=lambda each: (-each.leads, each.person))


def dropped(app: App, tx: Tx, book: RuleBook) -> dict[str, int]:
    """Count the open leads of people who are gone once a version is the active one, by person.

    Args:
        app: Of this process.
        tx: Open transaction.
        book: The version that may become active.
    """
    owned = owners_of_open(tx, app.settings.book)
    return {person: many for person, many in sorted(owned.items()) if absent(book, person)}
