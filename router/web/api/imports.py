"""Bulk imports: a file is brought, watched, held, paced and undone."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from router.road.imports import lanes
from router.road.imports.bring import Wish, bring
from router.road.imports.undo import Wish as UndoWish
from router.road.imports.undo import undo
from router.stages.capture.rows import Format
from router.web.api.access import Admin, Reader, TheRoad
from router.web.api.asked import PageQuery
from router.web.api.cursor import cut, read_cursor
from router.web.api.imported import (
    BroughtTold,
    ImportPace,
    ImportQuery,
    ImportShown,
    ImportTold,
    ImportUndo,
    ImportWord,
    UndoneTold,
    import_shown,
    import_told,
)
from router.web.api.told import Page

router = APIRouter(prefix="/api/imports", tags=["imports"])

_TEXT = {"schema": {"type": "string"}}
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A CSV file whose first line names the columns, or one JSON object a line.",
        "content": {"text/csv": _TEXT, "application/x-ndjson": _TEXT, "application/jsonl": _TEXT},
    }
}


@router.post("", openapi_extra=_FILE)
async def bring_file(
    request: Request, road: TheRoad, caller: Admin, asked: Annotated[ImportQuery, Query()]
) -> BroughtTold:
    """Store a file of leads, to be let onto the road at a pace of its own.

    The mapping of the source reads each row. A row that is no lead is told and keeps no other back;
    rows that an import of this name has brought before are not stored again.
    """
    data = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = Format.CSV if kind == "text/csv" else Format.JSONL
    wish = Wish(
        name=asked.name,
        source=asked.source,
        per_hour=asked.per_hour,
        by=asked.by or caller.name,
        accountable=asked.accountable,
        sla=asked.sla,
        calendar=asked.calendar,
        start=asked.start,
        dry_run=asked.dry_run,
    )
    report = await run_in_threadpool(bring, road.app, data, form, wish)
    return BroughtTold.model_validate(report)


@router.get("")
def list_imports(
    road: TheRoad, _caller: Reader, asked: Annotated[PageQuery, Query()]
) -> Page[ImportTold]:
    """List imports, the newest first."""
    found = lanes.listed(road.app, after=read_cursor(asked.cursor), limit=asked.limit + 1)
    shown, last = cut(found, asked.limit, lambda each: (each.lane.created_at, each.lane.id))
    return Page[ImportTold](items=[import_told(each) for each in shown], next=last)


@router.get("/{import_id}")
def show_import(road: TheRoad, _caller: Reader, import_id: UUID) -> ImportShown:
    """Show one import, with what became of its rows and leads."""
    return import_shown(lanes.show(road.app, import_id))


@router.post("/{import_id}/pause")
def pause(road: TheRoad, caller: Admin, import_id: UUID, body: ImportWord) -> ImportTold:
    """Let no further rows in for now."""
    return import_told(lanes.pause(road.app, import_id, body.by or caller.name))


@router.post("/{import_id}/resume")
def resume(road: TheRoad, caller: Admin, import_id: UUID, body: ImportWord) -> ImportTold:
    """Let rows in again; what was missed is not made up for."""
    return import_told(lanes.resume(road.app, import_id, body.by or caller.name))


@router.post("/{import_id}/pace")
def pace(road: TheRoad, caller: Admin, import_id: UUID, body: ImportPace) -> ImportTold:
    """Let rows in faster or slower."""
    by = body.by or caller.name
    return import_told(lanes.set_pace(road.app, import_id, body.per_hour, by))


@router.post("/{import_id}/undo")
def undo_import(road: TheRoad, caller: Admin, import_id: UUID, body: ImportUndo) -> UndoneTold:
    """Undo an import: withdraw what waits, recall what nobody has taken; the rest is listed."""
    wish = UndoWish(import_id, body.by or caller.name, body.reason, dry_run=body.dry_run)
    return UndoneTold.model_validate(undo(road, wish))
