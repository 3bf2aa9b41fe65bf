"""What a call needs: the runner of this process, and a caller who may do it."""

from typing import Annotated

from fastapi import Depends, Request

from router.road.drain import Road
from router.web.auth import Caller, Gate, Scope


def _road(request: Request) -> Road:
    road: Road = request.app.state.road
    return road


def _admit(request: Request, scope: Scope) -> Caller:
    gate: Gate = request.app.state.gate
    return gate.admit(request.headers.get("authorization", ""), scope)


def _reader(request: Request) -> Caller:
    return _admit(request, Scope.READ)


def _actor(request: Request) -> Caller:
    return _admit(request, Scope.ACT)


def _admin(request: Request) -> Caller:
    return _admit(request, Scope.ADMIN)


#: The runner of this process.
TheRoad = Annotated[Road, Depends(_road)]
#: Somebody who may look.
Reader = Annotated[Caller, Depends(_reader)]
#: Somebody who may report what people did.
Actor = Annotated[Caller, Depends(_actor)]
#: Somebody who may replay.
Admin = Annotated[Caller, Depends(_admin)]
