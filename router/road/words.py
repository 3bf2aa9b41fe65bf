"""What can be said about a lead, ready for :func:`router.road.act.act`: the API and the CLI alike.

Whoever speaks is ``by``: a person's id, or a program that speaks for people (``api:<key>``,
``cli``). Then ``person`` says of whom; left empty it means the lead's present owner.
"""

from router.lead.decision import Decision
from router.lead.states import OwnerKind
from router.road.act import Subject, Word
from router.stages.desk import decide as desk
from router.stages.desk.standing import MACHINE


def accept(by: str, person: str = "") -> Word:
    """Take a lead, also one of a queue or sequence."""

    def word(subject: Subject) -> Decision:
        speaker, who = _speaker(subject, by, person)
        return desk.accept(
            subject.lead, speaker, subject.now, subject.clocks, book=subject.book, person=who
        )

    return word


def decline(by: str, reason: str, person: str = "") -> Word:
    """Give a lead back; somebody else gets it."""

    def word(subject: Subject) -> Decision:
        speaker, who = _speaker(subject, by, person)
        return desk.decline(
            subject.lead, speaker, reason, subject.now, book=subject.book, person=who
        )

    return word


def touch(by: str, channel: str, note: str, person: str = "") -> Word:
    """Report that somebody spoke to the person who asked."""

    def word(subject: Subject) -> Decision:
        speaker, who = _speaker(subject, by, person)
        return desk.touch(
            subject.lead,
            speaker,
            channel,
            note,
            subject.now,
            clocks=subject.clocks,
            book=subject.book,
            person=who,
        )

    return word


def reassign(by: str, to: str, reason: str) -> Word:
    """Give a lead to a named person."""
    return lambda subject: desk.reassign(subject.lead, to, by, reason, book=subject.book)


def close(by: str, outcome: str) -> Word:
    """End a lead with an outcome."""
    return lambda subject: desk.close(subject.lead, outcome, by, subject.now)


def replay(by: str) -> Word:
    """Send a parked or rejected lead back on the road."""
    return lambda subject: desk.replay(subject.lead, by, subject.now, book=subject.book)


def _speaker(subject: Subject, by: str, person: str) -> tuple[str, str]:
    """Return who speaks and of whom: a program that names nobody speaks for the present owner."""
    owner = subject.lead.owner
    if person or owner is None:
        return by, person
    if owner.kind is OwnerKind.PERSON:
        return by, owner.id
    # Nobody is named for a shared list: the desk says so to a machine, whatever its key.
    return MACHINE, ""
