"""What another version would have done with a lead, and whether that is another thing. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain

from router.lead.facts import Facts
from router.rulebook.model import Effect, RuleBook
from router.rulebook.outcome import decide_all, review_code


@dataclass(frozen=True, slots=True)
class Said:
    """What a version does with a lead, as far as two versions can be compared."""

    digest: str
    #: Id of the rule that decided; empty when none matched.
    rule: str
    #: The part of the book that decided; empty when none did.
    phase: str
    #: ``pool``, ``person``, ``queue``, ``sequence``, ``fallback``, ``reject`` or ``review``.
    kind: str
    #: Id of the target, or the code of the refusal or review; of a fallback, its owner.
    target: str
    sla: str
    priority: str
    tags: tuple[str, ...]

    def same_deed(self, other: "Said") -> bool:
        """Return whether another version does the same, by whichever rule."""
        return (self.kind, self.target, self.sla, self.priority, frozenset(self.tags)) == (
            other.kind,
            other.target,
            other.sla,
            other.priority,
            frozenset(other.tags),
        )


def say(book: RuleBook, facts: Facts) -> Said:
    """Return what a version does with a fresh lead.

    Args:
        book: The version.
        facts: What is known.
    """
    found = decide_all(book, facts)
    kind, target = found.target
    return Said(
        digest=book.digest,
        rule=found.rule.id if found.rule is not None else "",
        phase=found.phase.value if found.phase is not None else "",
        kind=kind,
        target=target or book.fallback_owner,
        sla=found.effect.sla,
        priority=found.effect.priority,
        tags=found.effect.tags,
    )


def codes_of(book: RuleBook) -> frozenset[str]:
    """Return every code of a refusal or a review that a rule of the book can give.

    A lead that a person let pass one of them was decided by the book before.

    Args:
        book: The version.
    """
    rules = tuple(chain.from_iterable(book.rules.values()))
    effects = chain(
        (rule.then for rule in rules),
        (row.effect for table in book.tables.values() for row in table.rows),
    )
    return frozenset(chain((review_code(rule) for rule in rules), *map(_codes, effects)))


def decided_before(approved: Collection[str], codes: Collection[str]) -> bool:
    """Return whether a lead comes back from a person, to whom a rule had sent it.

    >>> decided_before((), {"spam"}), decided_before(("unclear_intent", "spam"), {"spam"})
    (False, True)

    Args:
        approved: Codes that a person has let pass.
        codes: Of the version that decides, from :func:`codes_of`.
    """
    return any(code in codes for code in approved)


def _codes(effect: Effect) -> tuple[str, ...]:
    return tuple(code for code in (effect.reject, effect.review) if code)
