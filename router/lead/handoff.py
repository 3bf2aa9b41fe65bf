"""The handoff packet: what travels with a lead, and the check that nothing needed is missing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

#: Messages about an owner's offer, which are untrue once somebody else, or nobody, has the lead.
OVERTAKEN = ("handoff.offered", "sla.warned", "sla.escalated")


@dataclass(frozen=True, slots=True)
class Said:
    """One time that an owner spoke to the person who asked."""

    at: datetime
    #: Id of the owner.
    by: str
    #: How, e.g. ``call``.
    channel: str
    #: What was said, in the owner's words; may be empty, and is once it was erased.
    note: str


@dataclass(frozen=True, slots=True)
class Packet:
    """Everything the next owner needs in order to act without asking."""

    #: Role that receives it, e.g. ``sales``, ``support``; from the pool or queue.
    role: str
    #: What the receiver is to achieve, in one sentence.
    objective: str
    #: Form, page, campaign and every touchpoint with the person's own words.
    source: Mapping[str, object]
    #: Who asks: name, e-mail, phone, company, country and the form's other answers.
    facts: Mapping[str, object]
    #: Intent, confidence, evidence, classifier and version; empty when a rule decided alone.
    classification: Mapping[str, object]
    #: Why this owner, in one sentence, and the id of the rule.
    why: str
    rule: str
    #: What to do first, and by when.
    next_action: str
    due_at: datetime | None
    #: Names of what the receiver would expect and did not get.
    missing: tuple[str, ...]
    risk_flags: tuple[str, ...]
    #: ``not_needed`` or ``approved`` by whom.
    approval: str
    #: What the form promised the person, e.g. ``an answer within one working day``.
    promised: str
    accountable: str
    created_at: datetime
    #: How to accept or decline: name of the act to address.
    respond: Mapping[str, str]
    #: Where the outcome is to be written.
    outcome_to: str
    #: Share of the receiver's standard that is present, 0..1.
    completeness: float
    #: Who had it before, why they have it no more, in whose words, and what was said to the
    #: person who asked; empty for a first owner.
    so_far: Mapping[str, object] = field(default_factory=dict)


def completeness(
    needed: tuple[str, ...], present: Collection[str]
) -> tuple[float, tuple[str, ...]]:
    """Compare what a receiver's standard asks for with what there is.

    >>> completeness(("email", "company"), frozenset({"email"}))
    (0.5, ('company',))
    >>> completeness((), frozenset())
    (1.0, ())

    Args:
        needed: Names the standard asks for, in its order.
        present: Names that have a usable value.

    Returns:
        The share that is present (1.0 when nothing is asked for), and the names that are not.
    """
    gaps = tuple([name for name in needed if name not in present])
    share = 1.0 if not needed else (len(needed) - len(gaps)) / len(needed)
    return share, gaps
