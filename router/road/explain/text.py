"""An explanation as text for a terminal: short, in sections, the answer first. Pure."""

from collections.abc import Iterator
from datetime import datetime
from textwrap import fill
from zoneinfo import ZoneInfo

from router.lead.events import EventKind
from router.road.explain.account import account_lines
from router.road.explain.considered import considered_lines
from router.road.explain.timeline import on_the_wall, span
from router.road.explain.told import Explanation, PhaseTold
from router.road.explain.what_if import what_if_lines

_WIDTH = 100
_NEAR = 3
_LAST_EVENTS = 20
_CONSIDERED = "WHO WAS CONSIDERED"
_GIVEN = frozenset({EventKind.LEAD_ROUTED, EventKind.LEAD_REASSIGNED})


def tell(found: Explanation) -> str:
    """Write an explanation for a person who has a minute.

    Args:
        found: The explanation.

    Returns:
        Several lines; moments are written in the owner's zone, which the text names.
    """
    if found.why_not is not None:
        return _of_one(found)
    sections: tuple[tuple[str, Iterator[str]], ...] = (
        ("", _head(found)),
        ("NEXT", _next(found)),
        ("WHAT CAME IN", _came(found)),
        ("WHOSE ACCOUNT", account_lines(found.account)),
        ("WHAT IT IS ABOUT", _about(found)),
        ("WHY THERE", _rules(found)),
        (_CONSIDERED, _considered(found)),
        ("WHAT IF", what_if_lines(found.what_if)),
        ("PROMISES", _clocks(found)),
        ("QUESTIONS", _questions(found)),
        ("MESSAGES", _sent(found)),
        (f"WHAT HAPPENED ({found.zone})", _happened(found)),
        ("", _chain(found)),
    )
    blocks = []
    for title, lines in sections:
        # What stands in columns is not to be filled.
        laid_out = [f"  {line}" for line in lines] if title == _CONSIDERED else []
        body = "\n".join(laid_out or (_wrapped(line, "  " if title else "") for line in lines))
        if body:
            blocks.append(f"{title}\n{body}" if title else body)
    return "\n\n".join(blocks) + "\n"


def _wrapped(line: str, indent: str) -> str:
    flat = " ".join(line.split())
    depth = indent + " " * (len(line) - len(line.lstrip()))
    return fill(
        flat, _WIDTH, initial_indent=depth, subsequent_indent=depth + "    ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _at(found: Explanation, moment: datetime) -> str:
    return on_the_wall(moment, ZoneInfo(found.zone))


def _head(found: Explanation) -> Iterator[str]:
    what = "Sample, never sent" if found.rehearsed else f"Lead {found.lead_id}"
    reason = f" ({found.reason})" if found.reason else ""
    yield f"{what}: {found.who}"
    yield f"State: {found.state}{reason}"
    owner = found.owner
    if owner is None:
        yield "Owner: nobody yet"
        return
    pool = f", from pool {owner.pool}" if owner.pool else ""
    if owner.kind == "person":
        yield f"Owner: {owner.name} ({owner.id}){pool}"
    else:
        yield f"Owner: {owner.kind} {owner.id}; {owner.accountable_name} answers for it"
    yield f"Why: {owner.why}"


def _next(found: Explanation) -> Iterator[str]:
    for step in found.next:
        when = f"{_at(found, step.at)} ({found.zone}): " if step.at is not None else ""
        yield f"{when}{step.what}"


def _came(found: Explanation) -> Iterator[str]:
    came = found.came
    form = f", form {came.form}" if came.form else ""
    yield f"{_at(found, came.received_at)} through {came.source}{form}"
    if came.campaign or came.page:
        yield "from " + ", ".join(filter(None, (came.page, came.campaign)))
    if came.message:
        yield f'"{came.message}"'
    if not found.rehearsed:
        yield f"delivery {came.delivery_id} ({came.delivery or 'not kept'})"
    cleaned = found.cleaned
    if cleaned.match == "returning":
        yield f"a known person, found by {', '.join(cleaned.matched_by)}"
    if found.merged_into is not None:
        yield f"joined the person's open lead {found.merged_into}"
    for note in cleaned.notes:
        yield f"cleaned {note}"
    if cleaned.missing:
        yield f"missing: {', '.join(cleaned.missing)}"
    if cleaned.flags:
        yield f"noticed: {', '.join(cleaned.flags)}"


def _about(found: Explanation) -> Iterator[str]:
    said = found.found
    if said is None:
        return
    who = {"accepted": "accepted", "person": "a person said so", "suggested": "not accepted"}
    yield f"{said.intent}, {said.confidence:.0%} sure: {who.get(said.decided_by, said.decided_by)}"
    if said.evidence:
        yield "because of: " + ", ".join(f'"{phrase}"' for phrase in said.evidence)
    if said.alternatives:
        yield "or else: " + ", ".join(
            f"{intent} {share:.0%}" for intent, share in said.alternatives
        )
    extra = [f"urgency {said.urgency}"]
    if said.service:
        extra.append(f"service {said.service}")
    if said.risk_flags:
        extra.append(f"risks: {', '.join(said.risk_flags)}")
    yield "; ".join(extra) + (f" (classifier {said.classifier})" if said.classifier else "")


def _rules(found: Explanation) -> Iterator[str]:
    if not found.phases:
        yield f"Rule book {found.digest[:12]} cannot be read any more; see the events."
        return
    for phase in found.phases:
        yield from _phase(phase)
    of = "" if found.facts == "recorded" else ", judged on the lead as it stands now"
    set_on_top = ", ".join(
        filter(None, (f"sla {found.sla}" if found.sla else "", f"priority {found.priority}"))
    )
    yield f"Rule book {found.digest[:12]}{of}; {set_on_top}"


def _phase(phase: PhaseTold) -> Iterator[str]:
    rule = phase.decided
    if rule is None:
        yield f"{phase.phase}: none of {phase.judged} rules matched"
    else:
        yield f"{phase.phase}: {rule.rule} ({rule.place}) -> {phase.effect}"
        for test in rule.tests:
            yield f"  {test}"
    for near in phase.near_misses[:_NEAR]:
        yield f"  nearly: {near.rule} ({near.place}), but {'; '.join(near.tests)}"
    if len(phase.near_misses) > _NEAR:
        yield f"  and {len(phase.near_misses) - _NEAR} more that nearly matched"


def _considered(found: Explanation) -> Iterator[str]:
    given = (event.at for event in reversed(found.timeline) if event.kind in _GIVEN)
    return considered_lines(
        found.candidates, ZoneInfo(found.zone), next(given, None), _WIDTH - len("  ")
    )


def _of_one(found: Explanation) -> str:
    """Answer why not a certain person, and what would have had to be otherwise."""
    said = [found.why_not.words] if found.why_not is not None else []
    lines = [*said, *what_if_lines(found.what_if)]
    return "\n".join(_wrapped(line, "") for line in lines) + "\n"


def _clocks(found: Explanation) -> Iterator[str]:
    for clock in found.clocks:
        yield (
            f"{clock.clock}: {clock.state}, by {_at(found, clock.respond_by)}"
            f" ({span(clock.target_s)} of working time, calendar {clock.calendar})"
        )


def _questions(found: Explanation) -> Iterator[str]:
    for asked in found.questions:
        if asked.state == "answered":
            yield f"{asked.reason}: {asked.answered_by} said {asked.answer!r}"
        else:
            yield f"{asked.reason}: {asked.state}; {asked.question} (asked: {asked.reviewer})"


def _sent(found: Explanation) -> Iterator[str]:
    for each in found.sent:
        tries = f", {each.attempts} attempts" if each.attempts > 1 else ""
        receipt = f": {each.receipt}" if each.receipt else ""
        yield f"{each.kind} to {each.destination}: {each.state}{tries}{receipt}"


def _happened(found: Explanation) -> Iterator[str]:
    hidden = len(found.timeline) - _LAST_EVENTS
    if hidden > 0:
        yield f"... {hidden} earlier events"
    for event in found.timeline[-_LAST_EVENTS:]:
        by = f" [{event.actor}]" if event.actor else ""
        yield f"{_at(found, event.at)}  {event.words}{by}"


def _chain(found: Explanation) -> Iterator[str]:
    if found.rehearsed:
        yield "Nothing was written."
    elif found.chain.verified:
        yield f"Event log: {found.chain.events} events, chain verified."
    else:
        yield f"EVENT LOG NOT VERIFIED: {found.chain.problem}."
