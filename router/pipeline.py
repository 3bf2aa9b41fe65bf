"""READ ME FIRST: the road as one table.

A lead moves down this table. Every stage takes leads in one of its states, thinks, and gives them
in another; while a lead stands before a stage, the role named here answers for it. Adjacent
stages that need nothing from outside run in one transaction (``fused``); the road breaks into a
new job only where a stage waits for somebody else.

Next to read: :mod:`router.road` runs this table; ``router/stages/<name>/decide.py`` thinks.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from router.lead.states import LeadState as S


class StageName(StrEnum):
    """The five jobs, named as their Celery tasks are."""

    CAPTURE = "capture"
    CLEAN = "clean"
    CLASSIFY = "classify"
    ROUTE = "route"
    ACTIVATE = "activate"


@dataclass(frozen=True, slots=True)
class Stage:
    """One row of the road."""

    name: StageName
    #: States it takes leads from; capture takes deliveries instead.
    takes: frozenset[S]
    #: States it may give.
    gives: frozenset[S]
    #: Celery queue its bell rings on.
    queue: str
    #: Role that answers for a lead that waits here.
    accountable: str
    #: Time within which a lead should have passed.
    budget: timedelta
    #: Whether the stage after it runs in the same transaction.
    fused: bool


ROAD: tuple[Stage, ...] = (
    Stage(
        StageName.CAPTURE,
        takes=frozenset(),
        gives=frozenset({S.CAPTURED}),
        queue="road",
        accountable="owner of the form",
        budget=timedelta(seconds=2),
        fused=True,
    ),
    Stage(
        StageName.CLEAN,
        takes=frozenset({S.CAPTURED}),
        gives=frozenset({S.CLEANED, S.MERGED}),
        queue="road",
        accountable="marketing operations",
        budget=timedelta(seconds=30),
        fused=True,
    ),
    Stage(
        StageName.CLASSIFY,
        takes=frozenset({S.CLEANED}),
        gives=frozenset({S.CLASSIFIED, S.IN_REVIEW, S.REJECTED}),
        queue="road",
        accountable="marketing operations",
        budget=timedelta(seconds=60),
        fused=True,
    ),
    Stage(
        StageName.ROUTE,
        takes=frozenset({S.CLASSIFIED}),
        gives=frozenset({S.ROUTED, S.IN_REVIEW, S.REJECTED}),
        queue="road",
        accountable="sales operations",
        budget=timedelta(seconds=10),
        fused=True,
    ),
    Stage(
        StageName.ACTIVATE,
        takes=frozenset({S.ROUTED}),
        gives=frozenset({S.ACTIVATED}),
        queue="road",
        accountable="integration owner",
        budget=timedelta(seconds=60),
        fused=False,
    ),
)

#: The job that carries actions outside, one per destination.
DELIVER = "deliver"

STAGES: dict[StageName, Stage] = {stage.name: stage for stage in ROAD}

#: Which stage works on a lead in this state; states that wait for people are absent.
NEXT_STAGE: dict[S, StageName] = {state: stage.name for stage in ROAD for state in stage.takes}


def stages_from(name: StageName) -> tuple[Stage, ...]:
    """Return the stage and those that follow it in the same transaction.

    >>> [stage.name.value for stage in stages_from(StageName.ROUTE)]
    ['route', 'activate']
    """
    start = [stage.name for stage in ROAD].index(name)
    run: list[Stage] = []
    for stage in ROAD[start:]:
        run.append(stage)
        if not stage.fused:
            break
    return tuple(run)
