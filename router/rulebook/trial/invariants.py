"""What must hold for every lead: proved, broken by a lead that is shown, or undecided."""

from collections.abc import Iterable, Iterator

from router.lead.facts import Facts
from router.rulebook.analysis.search import Answered
from router.rulebook.model import Invariant, Truth
from router.rulebook.outcome import Outcome, decide_all
from router.rulebook.trial.cases import is_target
from router.rulebook.trial.flips import World
from router.rulebook.trial.prove import Grounds, grounds_of, prove
from router.rulebook.trial.result import Difference, Kind, Status, Trial
from router.rulebook.trial.why import why
from router.rulebook.trial.words import target_told


def try_invariants(world: World, leads: Iterable[Facts]) -> Iterator[Trial]:
    """Try every invariant of a book.

    Args:
        world: The book with its proofs.
        leads: What invariants are sampled with before a proof is looked for.
    """
    sampled = tuple(leads)
    if world.book.proofs.invariants:
        grounds = grounds_of(world.book)
        for invariant in world.book.proofs.invariants:
            yield try_invariant(world, invariant, sampled, grounds)


def try_invariant(
    world: World, invariant: Invariant, leads: tuple[Facts, ...], grounds: Grounds
) -> Trial:
    """Prove one invariant, find a lead that breaks it, or say that it is undecided.

    Args:
        world: The book, as it stands or edited.
        invariant: What must hold.
        leads: What it is sampled with: most mistakes show without a proof.
        grounds: The same book, laid out for proofs.
    """
    book = world.book
    facts = next((lead for lead in leads if breaks(world, invariant, lead)), None)
    if facts is None:
        sought = prove(grounds, invariant, lambda lead: breaks(world, invariant, lead))
        facts = sought.facts
        if facts is None:
            proved = sought.answered is Answered.NONE
            status = Status.PASSED if proved else Status.UNDECIDED
            return Trial(Kind.INVARIANT, invariant.name, invariant.place, status)
    facts = _shortest(world, invariant, facts)
    outcome = decide_all(book, facts)
    return Trial(
        Kind.INVARIANT,
        invariant.name,
        invariant.place,
        Status.FAILED,
        _differences(invariant, outcome),
        facts,
        why(book, facts, outcome),
    )


def _shortest(world: World, invariant: Invariant, facts: Facts) -> Facts:
    """Leave out of a lead whatever it does not take to break an invariant."""
    for name in tuple(facts):
        fewer = {other: value for other, value in facts.items() if other != name}
        if breaks(world, invariant, fewer):
            facts = fewer
    return facts


def breaks(world: World, invariant: Invariant, facts: Facts) -> bool:
    """Return whether a lead breaks an invariant, by deciding it.

    Args:
        world: The book.
        invariant: What must hold.
        facts: The lead.
    """
    if world.judged(invariant.when, facts) is not Truth.TRUE:
        return False
    return bool(_differences(invariant, decide_all(world.book, facts)))


def _differences(invariant: Invariant, outcome: Outcome) -> tuple[Difference, ...]:
    target = outcome.target
    never = [each for each in invariant.never if is_target(target, each)]
    if never:
        return (Difference("target", f"never {target_told(never[0])}", target_told(target)),)
    if invariant.always and not any(is_target(target, each) for each in invariant.always):
        wanted = " or ".join(target_told(each) for each in invariant.always)
        return (Difference("target", wanted, target_told(target)),)
    return ()
