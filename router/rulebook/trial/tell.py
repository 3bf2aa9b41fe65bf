"""What a trial found, as lines for people: failures first, then gaps and what closes them."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from router.rulebook.trial.result import (
    Coverage,
    Gap,
    Kind,
    Mutation,
    Status,
    Suggestion,
    Survivor,
    Trial,
    Trials,
)
from router.rulebook.trial.words import expectation_told, written
from router.wording import counted

#: Gaps and survivors that are listed for people.
SHOWN = 30
_DOTS = {Status.PASSED: ".", Status.FAILED: "F", Status.UNDECIDED: "?"}
_WIDTH = 80


def dots(results: Sequence[Trial]) -> Iterator[str]:
    """Give one mark a test, in lines.

    Args:
        results: The tests in their order.
    """
    marks = "".join(_DOTS[each.status] for each in results)
    yield from (marks[start : start + _WIDTH] for start in range(0, len(marks), _WIDTH))


def failure(trial: Trial) -> Iterator[str]:
    """Tell a test that failed: what was expected, what came, and why.

    Args:
        trial: The test.
    """
    name = "" if trial.kind is Kind.EXAMPLE else f" '{trial.name}'"
    yield f"FAILED {trial.kind}{name} ({trial.place})"
    if trial.kind is Kind.EXAMPLE:
        yield f"  example   {trial.name}"
    else:
        yield f"  lead      {written(trial.facts)}"
    for each in trial.differences:
        yield f"  {each.what:<9} expected {each.expected}, got {each.got}"
    for place, line in enumerate(trial.why):
        yield f"  {'' if place else 'why':<9} {line}"


def undecided(trial: Trial) -> str:
    """Tell an invariant that could be neither proved nor broken.

    Args:
        trial: The invariant.
    """
    return (
        f"UNDECIDED invariant '{trial.name}' ({trial.place}): it could not be proved, and no lead"
        " that was tried breaks it"
    )


def covered(coverage: Coverage, least_rules: float, least_conditions: float) -> Iterator[str]:
    """Tell what the tests look at, and what would close each gap.

    Args:
        coverage: What was measured.
        least_rules: Percentage of rules that is wanted.
        least_conditions: Percentage of the ways that comparisons come out.
    """
    yield (
        f"Rules       {coverage.rules_seen} of {coverage.rules} decide a tested lead:"
        f" {_wanted(coverage.rule_share, least_rules)}"
    )
    yield from _listed(coverage.rule_gaps)
    yield (
        f"Conditions  {coverage.conditions_seen} of {coverage.conditions} seen, each true and"
        f" false: {_wanted(coverage.condition_share, least_conditions)}"
    )
    yield from _listed(coverage.condition_gaps)
    if coverage.rows:
        yield f"Table rows  {coverage.rows_seen} of {coverage.rows} decide a tested lead"


def mutated(mutation: Mutation, least: float) -> Iterator[str]:
    """Tell which edits of the rules no test notices.

    Args:
        mutation: What was found.
        least: Percentage of edits to be noticed that is wanted.
    """
    judged = mutation.edits - mutation.equivalent
    yield (
        f"Edits       {mutation.noticed} of {judged} noticed:"
        f" {_wanted(mutation.noticed_share, least)}; {mutation.equivalent} more change nothing"
    )
    # Edits of one rule that the same test would notice stand together.
    for _, group in groupby(mutation.survivors[:SHOWN], key=_closed_by):
        yield from _survivors(tuple(group))
    yield from _more(len(mutation.survivors))


def summary(trials: Trials) -> str:
    """Tell how many tests passed, in one line.

    Args:
        trials: What was found.
    """
    failed, open_ones = len(trials.failed), len(trials.undecided)
    parts = [f"{failed} failed"] if failed else []
    parts.append(f"{len(trials.results) - failed - open_ones} passed")
    if open_ones:
        parts.append(f"{open_ones} undecided")
    kinds = [
        counted(count, kind)
        for kind in Kind
        if (count := sum(each.kind is kind for each in trials.results))
    ]
    return f"{', '.join(parts)}: {', '.join(kinds) or 'the book has no tests'}"


def suggested(suggestion: Suggestion, name: str = "") -> str:
    """Write a test that would close a gap, ready to be pasted.

    Args:
        suggestion: The test.
        name: What a case is called.
    """
    if suggestion.where == "case":
        lead, expect = written(suggestion.facts), expectation_told(suggestion.expect)
        quoted = json.dumps(name or suggestion.rule, ensure_ascii=False)
        return f"- {{name: {quoted}, lead: {lead}, expect: {expect}}}"
    return f"{suggestion.where}: [{written(suggestion.facts)}]"


def _listed(gaps: Sequence[Gap]) -> Iterator[str]:
    for gap in gaps[:SHOWN]:
        yield f"  {gap.place} {gap.rule}: {gap.what}"
        if gap.suggestion is None:
            yield "    no lead was found that would show it; can it ever be so?"
        else:
            yield from _advice(gap.suggestion, gap.rule)
    yield from _more(len(gaps))


def _closed_by(found: Survivor) -> tuple[str, str]:
    return found.rule, suggested(found.suggestion) if found.suggestion else ""


def _survivors(found: Sequence[Survivor]) -> Iterator[str]:
    for each in found:
        yield f"  {each.place} {each.rule}: {each.what}"
    first = found[0]
    if first.suggestion is None:
        yield "    no lead was found for which it matters, but that is not proved"
    else:
        yield from _advice(first.suggestion, f"{first.rule} as it is, not {first.what}")


def _advice(suggestion: Suggestion, name: str) -> Iterator[str]:
    if suggestion.where == "case":
        yield "    add to tests/cases.yaml, if it is right:"
        yield f"      {suggested(suggestion, name)}"
    else:
        yield f"    add to its examples, if it is right: {suggested(suggestion)}"


def _wanted(share: float, least: float) -> str:
    if share < least:
        return f"{share:g} %, but {least:g} % are wanted"
    return f"{share:g} %"


def _more(count: int) -> Iterator[str]:
    if count > SHOWN:
        yield f"  ... and {count - SHOWN} more; --json lists all"
