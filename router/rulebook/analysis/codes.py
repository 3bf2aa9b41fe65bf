"""Every kind of finding: how much it matters, what it means, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass

from router.lead.facts import Facts
from router.rulebook.analysis.finding import Finding, Severity
from router.rulebook.rule import Place


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding."""

    severity: Severity
    #: What it means, for whoever looks the code up.
    means: str
    #: What to do about it; also the advice of a finding that gives none of its own.
    advice: str


_E, _W, _N, _U = Severity.ERROR, Severity.WARNING, Severity.NOTE, Severity.UNDECIDED

#: The kinds in the order in which people want to read of them.
CODES: Mapping[str, Code] = {
    "impossible": Code(
        _E,
        "No lead can meet the rule's condition: two parts of it contradict each other.",
        "Compare its parts with one another; parts side by side must all hold.",
    ),
    "never-reached": Code(
        _E,
        "Earlier rules, one of them or several together, take every lead that the rule could"
        " match.",
        "Move it before the rules that are named, or remove it.",
    ),
    "impossible-branch": Code(
        _W,
        "A branch of `any` never holds together with the rest of its rule.",
        "Remove it, or correct what contradicts it.",
    ),
    "rows-never-reached": Code(
        _W,
        "Rows of a table give nothing to anybody: the rule's own condition, earlier rules or more"
        " specific rows take every lead that they fit.",
        "Remove the rows, or correct the rule or the cells.",
    ),
    "setting-never-counts": Code(
        _W,
        "A rule of enrich sets an SLA or a priority that never counts: earlier rules of enrich"
        " have set it for every lead that the rule matches.",
        "Move the rule before those that are named, or remove the setting.",
    ),
    "other-hours": Code(
        _W,
        "A rule gives leads to people at times at which none of them works: what the rule asks of"
        " `received_at`, or the daytime of the countries that it names, never falls into their"
        " hours.",
        "Name people of another time zone, or a queue that somebody looks at in the morning.",
    ),
    "owner-without-manager": Code(
        _W,
        "Somebody who can own leads, or answers for a queue, has no manager, so that a missed"
        " promise is told to the fallback owner at once.",
        "Give them a manager in teams.yaml.",
    ),
    "chain-ends-apart": Code(
        _W,
        "A chain of managers ends with somebody who is neither the fallback owner nor above them:"
        " an escalation goes there and no further.",
        "Give the last one of the chain a manager in teams.yaml.",
    ),
    "look-alike": Code(
        _W,
        "A word looks like another one but has other letters, so that it never equals what a form"
        " sends, or one name is taken for another.",
        "Type the word anew; give names that cannot be mixed up.",
    ),
    "part-never-reached": Code(
        _N,
        "A value or a branch of a rule never counts: earlier rules with another target take every"
        " such lead, while the rest of the rule is reached.",
        "Remove it if that is meant; otherwise move the rule up.",
    ),
    "hidden-in-part": Code(
        _N,
        "A rule that asks for more stands after one with another target that asks for less, and"
        " loses leads to it.",
        "Put the rule that asks for more first, unless this order is meant.",
    ),
    "settings-disagree": Code(
        _N,
        "Two rules of enrich set the same thing differently for some leads, and only their order"
        " tells which counts: the first.",
        "Put the one first that should win, or let only one of them match.",
    ),
    "only-fallback": Code(
        _N,
        "Leads that no rule but the fallback takes.",
        "Add a route if somebody should sell to them.",
    ),
    "pool-of-one": Code(
        _N,
        "A pool has one member: when that person is away, or has declined or missed a lead, the"
        " pool is empty, and what its `nobody` says becomes of the lead.",
        "Add a second member, or name the person instead of the pool.",
    ),
    "pool-off-together": Code(
        _N,
        "A pool that wants its members on shift has members of one calendar only: outside its"
        " hours, and on its holidays, nobody is on shift, and what its `nobody` says becomes of"
        " every lead.",
        "Add a member of another calendar, or a rule for leads outside these hours.",
    ),
    "leaver-in-pool": Code(
        _N,
        "A pool names somebody who left (`left: true`): they get none of its leads.",
        "Take the name out of the pool; `people transfer` gives their open leads to others.",
    ),
    "skill-nobody-has": Code(
        _W,
        "A pool asks every lead for a skill that none of its members has: until the skill is"
        " dropped, nobody can take a lead.",
        "Give the skill to somebody, or correct its spelling.",
    ),
    "never-used": Code(
        _N,
        "Something is declared, but nothing in the book uses it.",
        "Remove it, unless it is kept for later.",
    ),
    "not-decided": Code(
        _U,
        "It could not be told whether something is wrong: the question has too many branches, or"
        " the book is too large to look at everything.",
        "Give the rule an example that matches and a test case that expects it.",
    ),
}


def found(
    code: str,
    place: Place,
    what: str,
    advice: str = "",
    *,
    example: Facts | None = None,
) -> Finding:
    """Make a finding of a known kind.

    Args:
        code: One of :data:`CODES`.
        place: Where in the book.
        what: One sentence.
        advice: What to do; that of the kind when empty.
        example: A lead that shows it, confirmed.
    """
    kind = CODES[code]
    return Finding(code, kind.severity, place, what, advice or kind.advice, example)
