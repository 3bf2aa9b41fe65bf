"""The shapes of a difference between two books."""

from dataclasses import dataclass

from router.lead.facts import Facts
from router.rulebook.analysis.finding import lead
from router.rulebook.space.naive import Answer

#: Ways of changing hands, and other things, that a summary names.
_NAMED = 12
#: What one thing of a part of a book is called; other parts are called as they are.
_ONE_OF = {
    "people": "person",
    "pools": "pool",
    "queues": "queue",
    "sequences": "sequence",
    "calendars": "calendar",
    "slas": "SLA",
    "standards": "handoff standard",
    "sources": "source",
    "tables": "table",
    "lists": "list",
    "intents": "intent",
}
#: About which share of leads a row is for: it puts tables into the order of the rules' breadths.
_A_ROW, _HALF = 0.001, 0.5


@dataclass(frozen=True, slots=True)
class Change:
    """A lead that gets something else, and which rules are behind it."""

    #: ``target``, ``sla``, ``priority`` or ``tag`` with a space and the tag.
    what: str
    #: Ids of the rules that decide it, old and new; empty for none, e.g. the book's usual SLA.
    old_rule: str
    new_rule: str
    #: What the lead gets, in words.
    old: str
    new: str
    example: Facts
    #: What both books say of the example, by the reference evaluator.
    before: Answer
    after: Answer
    #: About how wide the way is, 0..1: to put the ways in an order and for nothing else.
    breadth: float = 0.0

    @property
    def moves(self) -> bool:
        """Return whether the example changes hands, be it beside what this is about."""
        return self.before.target != self.after.target


@dataclass(frozen=True, slots=True)
class RowChange:
    """Rows of a table that were added, removed or changed in the same way."""

    table: str
    #: ``added``, ``removed`` or ``changed``.
    how: str
    #: What the rows say, in words; empty where there were none.
    old: str
    new: str
    #: How many rows.
    rows: int
    #: Key cells of the first of them, as they are compared, e.g. ``("gb", "", "sw1")``.
    cells: tuple[str, ...]
    #: Lines of the first of them in the old and the new file; 0 where it is in none.
    old_line: int
    new_line: int
    #: A lead that gets something else by one of them; None when none was found or looked for.
    example: Facts | None = None
    before: Answer | None = None
    after: Answer | None = None


@dataclass(frozen=True, slots=True)
class ListChange:
    """Entries of a list that were added or removed."""

    list: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    #: A lead that gets something else by one of them; None when none was found.
    example: Facts | None = None
    before: Answer | None = None
    after: Answer | None = None


@dataclass(frozen=True, slots=True)
class DataChange:
    """Something else than a rule, a table or a list that differs."""

    #: Part of the book, e.g. ``pools``.
    part: str
    #: Its name there; empty for a setting of the whole book.
    name: str
    #: What differs, without the name, e.g. ``with ann-lee, without tom-reyes``.
    what: str
    #: What it may change for leads although no rule changed, e.g. ``who of the pool gets a lead``.
    may: str

    @property
    def place(self) -> str:
        """Return the part and the name in it, e.g. ``pool dach``."""
        return f"{_ONE_OF.get(self.part, self.part)} {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two books."""

    changes: tuple[Change, ...] = ()
    rows: tuple[RowChange, ...] = ()
    lists: tuple[ListChange, ...] = ()
    data: tuple[DataChange, ...] = ()
    #: Where it could not be told whether leads change hands, one sentence each.
    undecided: tuple[str, ...] = ()

    @property
    def moves(self) -> bool:
        """Return whether some lead surely gets another target."""
        shown = [(each.before, each.after) for each in self.rows]
        shown += [(each.before, each.after) for each in self.lists]
        return any(change.moves for change in self.changes) or any(
            one is not None and other is not None and one.target != other.target
            for one, other in shown
        )

    @property
    def is_none(self) -> bool:
        """Return whether both books do the same with every lead, for certain.

        Summaries, stewards, examples and the book's own tests do not count.
        """
        return not (self.changes or self.undecided or self.rows or self.lists or self.data)


def summary(found: Difference) -> dict[str, object]:
    """Put a difference into a few lines of JSON, as a version keeps it.

    >>> said = summary(Difference(data=(DataChange("pools", "dach", "with ann-lee", "who"),)))
    >>> said["same"], said["change_hands"], said["others"]
    (False, 0, ['pool dach: with ann-lee'])

    Args:
        found: The difference.

    Returns:
        ``same``: whether nothing differs for any lead. ``moves``: whether some lead changes hands.
        ``change_hands`` and ``other_terms``: in how many ways leads change hands, and in how many
        they keep their owner but get another SLA, priority or tag; a way is a pair of rules, or
        rows of a table that changed alike. ``rows``: how many differ. ``lists``: entries that
        came and went, by list. ``others``: a sentence each. ``undecided``: how many doubts.
        ``examples``: a line each, the widest ways first.
    """
    other = [each for each in found.changes if each.what != "target" and not each.moves]
    moved = ways(found)
    return {
        "same": found.is_none,
        "moves": found.moves,
        "change_hands": len(moved),
        "other_terms": len(other),
        "rows": sum(each.rows for each in found.rows),
        "lists": {each.list: [len(each.added), len(each.removed)] for each in found.lists},
        "others": [f"{each.place}: {each.what}" for each in found.data[:_NAMED]],
        "undecided": len(found.undecided),
        "examples": [
            f"{each.old} -> {each.new}, by {each.by}: {lead(each.example)}"
            for each in moved[:_NAMED]
        ],
    }


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which leads change hands."""

    #: Where they go, in words.
    old: str
    new: str
    old_rule: str
    new_rule: str
    example: Facts
    before: Answer
    after: Answer
    breadth: float = 0.0
    #: Rows of a table that say so, if they are behind it.
    rows: RowChange | None = None

    @property
    def by(self) -> str:
        """Return the rules behind it, in words."""
        old, new = self.old_rule or "no rule", self.new_rule or "no rule"
        return old if old == new else f"{old} -> {new}"


def ways(found: Difference) -> list[Way]:
    """Return the ways in which leads change hands, also those that rows of long tables bring.

    Args:
        found: The difference.

    Returns:
        The widest first.
    """
    some: dict[tuple[str, str, str, str], Way] = {}
    for each in found.changes:
        if each.what == "target":
            way = Way(
                each.old,
                each.new,
                each.old_rule,
                each.new_rule,
                each.example,
                each.before,
                each.after,
                each.breadth,
            )
            some[way.old, way.new, way.old_rule, way.new_rule] = way
    for row in found.rows:
        before, after = row.before, row.after
        if row.example is None or before is None or after is None:
            continue
        if before.target == after.target:
            continue
        key = (before.place, after.place, before.rule_id, after.rule_id)
        known = some.get(key)
        wide = max(known.breadth if known is not None else 0.0, min(_HALF, _A_ROW * row.rows))
        some[key] = Way(*key, row.example, before, after, wide, row)
    return sorted(some.values(), key=lambda way: -way.breadth)
