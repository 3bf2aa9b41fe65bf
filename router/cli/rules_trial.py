"""``rules test``: run the tests that a rule book brings along, and see what they cover."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import FAILED, AsJson, print_json, say

if TYPE_CHECKING:
    from router.rulebook.trial.result import Trials

_Share = Annotated[
    float, typer.Option(min=0, max=100, help="Percentage of rules that must decide a tested lead.")
]


def register(group: typer.Typer) -> None:
    """Put the command into ``rules``.

    Args:
        group: The commands about rule books.
    """
    group.command("test")(try_book)


def try_book(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="The book's folder; LEAD_ROUTER_RULES or the shipped one if not given."
        ),
    ] = None,
    *,
    least_rules: _Share = 100,
    least_conditions: Annotated[
        float,
        typer.Option(
            min=0,
            max=100,
            help="Percentage that must be seen of the ways in which comparisons come out: each of"
            " them once true and once false.",
        ),
    ] = 80,
    mutants: Annotated[
        bool,
        typer.Option(
            "--mutants",
            help="Edit the rules too, one small edit at a time, and list those no test notices.",
        ),
    ] = False,
    least_mutants: Annotated[
        float,
        typer.Option(
            min=0, max=100, help="Percentage of edits that must be noticed; implies --mutants."
        ),
    ] = 0,
    json: AsJson = False,
) -> None:
    """Run a rule book's examples, cases and invariants; needs no database.

    The exit code is 1 when a test fails or too little is covered, and 3 when the book cannot be
    read.
    """
    from router.cli.book import load  # noqa: PLC0415 - slow to import; --help does without
    from router.rulebook.trial.run import run_trials  # noqa: PLC0415 - slow to import; --help does without
    from router.settings import settings  # noqa: PLC0415 - slow to import; --help does without

    book = load(folder or settings().rules)
    trials = run_trials(book, mutants=mutants or least_mutants > 0)
    short = _short_of(trials, least_rules, least_conditions, least_mutants)
    if json:
        print_json({"ok": trials.passed and not short, "short_of": short, **_data(trials)})
    else:
        say(f"{book.name}, version {book.digest[:12]}")
        _say(trials, least_rules, least_conditions, least_mutants)
        say(_summary(trials, short))
    if short or not trials.passed:
        raise typer.Exit(FAILED)


def _short_of(
    trials: "Trials", least_rules: float, least_conditions: float, least_mutants: float
) -> list[str]:
    """Return which of the wanted percentages are not reached."""
    found = {
        "rules": trials.coverage.rule_share < least_rules,
        "conditions": trials.coverage.condition_share < least_conditions,
        "mutants": trials.mutants is not None and trials.mutants.noticed_share < least_mutants,
    }
    return [name for name, short in found.items() if short]


def _say(
    trials: "Trials", least_rules: float, least_conditions: float, least_mutants: float
) -> None:
    from router.rulebook.trial import tell  # noqa: PLC0415 - beside its use; --help does without

    say("\n".join(tell.dots(trials.results)))
    for trial in trials.failed:
        say("\n".join(("", *tell.failure(trial))))
    for trial in trials.undecided:
        say(tell.undecided(trial))
    say("")
    say("\n".join(tell.covered(trials.coverage, least_rules, least_conditions)))
    if trials.mutants is not None:
        say("\n".join(tell.mutated(trials.mutants, least_mutants)))


def _summary(trials: "Trials", short: list[str]) -> str:
    from router.rulebook.trial.tell import summary  # noqa: PLC0415 - beside its use; --help does without

    covered = " and ".join(name for name in short if name != "mutants")
    missed = f"; too few {covered} are covered" if covered else ""
    missed += "; too few edits are noticed" if "mutants" in short else ""
    advice = "\nCorrect the rule, or the test if the change is meant." if trials.failed else ""
    return f"\n{summary(trials)}{missed}{advice}"


def _data(trials: "Trials") -> dict[str, object]:
    coverage, mutants = trials.coverage, trials.mutants
    return {
        "tests": trials.results,
        "coverage": coverage,
        "shares": {
            "rules": coverage.rule_share,
            "conditions": coverage.condition_share,
            "mutants": None if mutants is None else mutants.noticed_share,
        },
        "mutants": mutants,
    }
