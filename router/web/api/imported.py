"""What a caller may ask of imports, and what is told of them."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, Field

from router.lead.drip import FASTEST, SLOWEST, USUAL
from router.lead.states import ImportState
from router.road.imports.lanes import Shown, Standing
from router.web.api.asked import Id, Named, Strict, Words
from router.web.api.told import Told

_BY = Field(default="", description="Id of the person who says so; empty: the key.")


class ImportQuery(Strict):
    """How a file shall be imported."""

    source: Named = Field(description="The source whose mapping reads the rows.")
    name: Named = Field(description="What the import is called; rows of one name come once.")
    per_hour: int = Field(default=USUAL, ge=SLOWEST, le=FASTEST, description="Rows an hour.")
    accountable: Id = Field(
        default="", description="Who answers for rows that wait; empty: the fallback owner."
    )
    sla: Id = Field(
        default="", description="SLA policy of its leads; it stands before what rules say."
    )
    calendar: Id = Field(default="", description="Rows are let in within its hours; empty: always.")
    start: AwareDatetime | None = Field(
        default=None, description="When the first row is let in; without one at once."
    )
    by: Id = _BY
    dry_run: bool = Field(default=False, description="Only say what would happen.")


class ImportWord(Strict):
    """Somebody holds an import, or lets it go on."""

    by: Id = _BY


class ImportPace(Strict):
    """How fast the rows of an import shall come."""

    per_hour: int = Field(ge=SLOWEST, le=FASTEST, description="Rows an hour.")
    by: Id = _BY


class ImportUndo(Strict):
    """An import shall be undone."""

    reason: Words = Field(default="", description="Why; owners who lose a lead are told.")
    by: Id = _BY
    dry_run: bool = Field(default=False, description="Only say what would happen.")


class RowTold(Told):
    """A row of a file that is no lead."""

    line: int
    why: str


class BroughtTold(Told):
    """What was imported, or what would be."""

    import_id: UUID | None = Field(description="Null when nothing was stored.")
    name: str
    source: str
    dry_run: bool
    rows: int = Field(description="Rows of the file.")
    stored: int = Field(description="Rows that wait now to be let in.")
    known: int = Field(description="Rows that an import of this name had brought before.")
    repeated: int = Field(description="Rows that stand in the file more than once.")
    refused: list[RowTold]
    unread: dict[str, int] = Field(description="Columns the mapping does not read; rows with them.")
    lacking: dict[str, int] = Field(description="Values the source needs; rows without them.")
    per_hour: int
    accountable: str
    sla: str
    calendar: str
    first_at: datetime
    ends_about: datetime


class ImportTold(Told):
    """An import, and how far it has come."""

    id: UUID
    name: str
    source: str
    state: ImportState
    rows: int = Field(description="Rows that were stored to be let in.")
    let_in: int
    waiting: int
    withdrawn: int = Field(description="Rows that were undone before they became a lead.")
    refused: int
    known: int
    per_hour: int
    calendar: str
    sla: str
    accountable: str = Field(description="Who answers for the rows that wait.")
    next_at: datetime | None = Field(description="When the next rows are let in.")
    ends_about: datetime | None = Field(description="When about the last row is let in.")
    by: str
    created_at: datetime
    ended_at: datetime | None


class ImportShown(ImportTold):
    """An import with what became of its rows and leads."""

    rows_by_state: dict[str, int]
    leads_by_state: dict[str, int]
    refused_rows: list[RowTold] = Field(description="The first hundred.")


class UndoneTold(Told):
    """What was taken back, or what would be."""

    import_id: UUID
    name: str
    accountable: str
    dry_run: bool
    withdrawn: int = Field(description="Rows that never became a lead, and never will.")
    recalled: int = Field(description="Leads taken from the road or from their owners.")
    given_back: int = Field(description="Picks of pools that count no more.")
    left: dict[str, list[UUID]] = Field(description="Leads left alone, by why.")
    failed: list[tuple[str, str]] = Field(description="Leads that another run must take back.")


def import_told(standing: Standing) -> ImportTold:
    """Return an import as the API tells it."""
    return ImportTold.model_validate(_plain(standing))


def import_shown(shown: Shown) -> ImportShown:
    """Return an import with its rows and leads as the API tells it."""
    return ImportShown.model_validate(
        {
            **_plain(shown.standing),
            "rows_by_state": shown.rows,
            "leads_by_state": shown.leads,
            "refused_rows": [{"line": row.line, "why": row.why} for row in shown.refused],
        }
    )


def _plain(standing: Standing) -> dict[str, object]:
    lane = standing.lane
    found = {name: getattr(lane, name) for name in ImportTold.model_fields if hasattr(lane, name)}
    return {**found, "ends_about": standing.ends_about}
