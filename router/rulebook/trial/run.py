"""The way in: a book's tests run, what they cover, and which edits they notice."""

from router.rulebook.model import RuleBook
from router.rulebook.trial.cases import try_cases, try_examples
from router.rulebook.trial.coverage import cover
from router.rulebook.trial.flips import world_of
from router.rulebook.trial.invariants import try_invariants
from router.rulebook.trial.mutants import try_edits
from router.rulebook.trial.probes import probes
from router.rulebook.trial.result import Kind, Status, Trials


def run_trials(book: RuleBook, *, mutants: bool = False) -> Trials:
    """Run every example, case and invariant of a book, and measure what they cover.

    Args:
        book: The book with its proofs.
        mutants: Whether to edit its rules too, one at a time, and count the edits that are noticed.
    """
    world = world_of(book)
    leads = probes(world) if book.proofs.invariants else ()
    results = (*try_examples(book), *try_cases(book), *try_invariants(world, leads))
    held = frozenset(
        each.name
        for each in results
        if each.kind is Kind.INVARIANT and each.status is not Status.FAILED
    )
    return Trials(results, cover(world), try_edits(world, held, leads) if mutants else None)
