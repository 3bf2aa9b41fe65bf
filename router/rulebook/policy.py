"""How a book may be changed: what a second person must agree to, and how far a canary may stray."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Publishing:
    """When a new version needs a second person.

    The version that is active says it, so that nobody lifts a bar in the change that it would hold.
    """

    #: Share of leads (0..1) that may change hands without a second person; None for any.
    approve_over: float | None = None
    #: Whether a changed guard always needs one.
    approve_guards: bool = False
    #: Calendar in whose hours a version may become active; outside it needs a second person.
    window: str = ""
    #: Days of leads that a new version is tried on.
    look_back: int = 30
    #: Who is told what happens to the book; empty means the fallback owner.
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """How far a canary's rates may lie above those of the active version before it ends."""

    #: Leads that the canary must have decided before its rates count.
    least: int = 50
    #: Each is a share of leads (0..1) above the active version's.
    review: float = 0.10
    fallback: float = 0.10
    no_pool: float = 0.05
    reassign: float = 0.10
    reject: float = 0.10
    #: Leads on which our program failed again and again.
    parked: float = 0.02


@dataclass(frozen=True, slots=True)
class Policy:
    """How this book may be changed."""

    publishing: Publishing = field(default_factory=Publishing)
    band: Band = field(default_factory=Band)
