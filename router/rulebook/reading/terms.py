"""What is promised, recognised and handed over: sla.yaml, intents.yaml and handoffs.yaml."""

from router.lead.decision import ClockKind
from router.rulebook.model import (
    CANONICAL_FIELDS,
    HandoffStandard,
    Intent,
    Promise,
    SlaPolicy,
    Step,
    StepKind,
    Taxonomy,
)
from router.rulebook.reading.nodes import Fields, Node, Scalar
from router.rulebook.reading.reader import Reader

#: What a packet can carry besides what the form asked.
_JUDGED = ("intent", "urgency", "service_interest", "summary")


def read_sla(reader: Reader, root: Node | None) -> dict[str, SlaPolicy]:
    """Read sla.yaml: ladders, and policies that use them.

    Args:
        reader: Takes problems, names and references.
        root: The file's root; None when it could not be read.
    """
    found = reader.fields(root, "sla.yaml", ("ladders", "policies"))
    ladders = {}
    for key, node in reader.entries(found.get("ladders"), "ladders"):
        ladders[reader.declare("ladder", key)] = _ladder(reader, node)
    policies = {}
    for key, node in reader.section("sla", found.get("policies"), "policies"):
        clocks = reader.fields(node, "a policy", tuple(ClockKind))
        policies[key.text] = SlaPolicy(
            reader.declare("sla", key),
            {clock: _promise(reader, clocks[clock], ladders) for clock in clocks},
        )
    return policies


def _promise(reader: Reader, node: Node, ladders: dict[str, tuple[Step, ...]]) -> Promise:
    found = reader.fields(node, "a promise", ("target", "ladder"))
    ladder = reader.word(found.get("ladder"), "ladder", ladders)
    return Promise(reader.duration(found.get("target")), ladders.get(ladder, ()))


def _ladder(reader: Reader, node: Node) -> tuple[Step, ...]:
    steps: list[Step] = []
    kinds = tuple(StepKind)
    for item in reader.items(node, "a ladder"):
        entries = reader.entries(item, "a step of a ladder")
        if isinstance(item, Fields) and len(entries) != 1:
            reader.problems.add(item.place, "a step of a ladder is one kind and its share")
        for key, value in entries[:1]:
            at = reader.number(value, low=0.01, high=100)
            kind = reader.word(key, "step of a ladder", kinds)
            if steps and at <= steps[-1].at:
                reader.problems.add(
                    value.place, f"the step at {at:g} must come after the one at {steps[-1].at:g}"
                )
            if kind in [step.kind for step in steps]:
                reader.problems.add(key.place, f"the step '{kind}' stands twice in this ladder")
            if kind in kinds:
                steps.append(Step(StepKind(kind), at))
    names = [step.kind for step in steps]
    if steps and StepKind.ESCALATE not in names:
        reader.problems.add(node.place, "a ladder needs the step 'escalate': it is the breach")
    if StepKind.REPEAT in names[:-1]:
        reader.problems.add(node.place, "'repeat' must be the last step of a ladder")
    return tuple(steps)


def read_intents(reader: Reader, root: Node | None) -> Taxonomy:
    """Read intents.yaml.

    Args:
        reader: Takes problems, names and references.
        root: The file's root; None when it could not be read.
    """
    found = reader.fields(
        root,
        "intents.yaml",
        ("reviewer", "review_within", "accept_at", "margin", "intents", "services"),
        ("urgent", "relaxed"),
    )
    intents = tuple(
        _intent(reader, key, node)
        for key, node in reader.section("intent", found.get("intents"), "intents")
    )
    if "intents" in found and not any(i.id == "other" and i.always_review for i in intents):
        reader.problems.add(
            found["intents"].place,
            "the intent 'other' with always_review: true is missing",
            advice="What no other intent fits must go to a person.",
        )
    return Taxonomy(
        intents=intents,
        services={
            reader.declare("service", key): tuple(_phrase(text) for text in reader.texts(node))
            for key, node in reader.section("service", found.get("services"), "services")
        },
        urgent=_phrases(reader, found.get("urgent"), "urgent"),
        relaxed=_phrases(reader, found.get("relaxed"), "relaxed"),
        accept_at=reader.number(found.get("accept_at"), low=0.0, high=1.0),
        margin=reader.number(found.get("margin"), low=0.0, high=1.0),
        reviewer=reader.refer("person", found.get("reviewer")),
        review_within=reader.duration(found.get("review_within")),
    )


def _intent(reader: Reader, key: Scalar, node: Node) -> Intent:
    found = reader.fields(node, "an intent", ("summary",), ("cues", "always_review"))
    intent = Intent(
        id=reader.declare("intent", key),
        summary=reader.text(found.get("summary")),
        cues=_phrases(reader, found.get("cues"), "cues"),
        always_review=reader.truth(found.get("always_review")),
    )
    if not intent.cues and not intent.always_review:
        reader.problems.add(key.place, f"the intent '{key.text}' needs cues or always_review: true")
    return intent


def _phrases(reader: Reader, node: Node | None, what: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for key, value in reader.entries(node, what):
        phrase = _phrase(reader.text(key))
        if phrase in found:
            reader.problems.add(key.place, f"the phrase '{phrase}' stands twice")
        weight = reader.number(value, low=-10, high=10)
        if weight == 0:
            reader.problems.add(value.place, "a weight of 0 says nothing")
        found[phrase] = weight
    return found


def _phrase(text: str) -> str:
    """Fold a phrase for comparison: case and runs of spaces do not count."""
    return " ".join(text.casefold().split())


def read_handoffs(reader: Reader, root: Node | None) -> dict[str, HandoffStandard]:
    """Read handoffs.yaml: what each receiving role needs.

    Args:
        reader: Takes problems and names.
        root: The file's root; None when it could not be read.
    """
    standards = {}
    for key, node in reader.section("role", root, "handoffs.yaml"):
        found = reader.fields(
            node, "a standard", ("objective", "needs", "next_action"), ("promised",)
        )
        needs = found.get("needs")
        items = reader.items(needs, "needs") if needs is not None else ()
        standards[key.text] = HandoffStandard(
            role=reader.declare("role", key),
            objective=reader.text(found.get("objective")),
            needs=tuple(
                reader.word(item, "value of a packet", (*CANONICAL_FIELDS, *_JUDGED))
                for item in items
            ),
            next_action=reader.text(found.get("next_action")),
            promised=reader.text(found.get("promised")),
        )
    return standards
