"""Webhook intake: verify, one INSERT, 200. Nothing is acknowledged before it is committed.

A plain ASGI endpoint, because form tools wait for it and every lead passes here. Whatever may be
our fault is answered 503 with ``Retry-After``, never 4xx: what is called wrong, senders drop.
"""

import asyncio
import hashlib
import math
import re
import secrets as randomness
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from urllib.parse import parse_qs

import orjson
import structlog
from starlette.types import Receive, Scope, Send

from router.errors import DataFault, LeadRouterError, Misconfigured, Rejected, Transient
from router.lead.delivery import REFUSED_KEEPS, REMEMBERED, NewDelivery
from router.lead.ids import DeliveryId, timed_id
from router.lead.states import DeliveryState
from router.now import now, ticks
from router.plugins.sources.verify import Outcome, Proof, any_same, verify
from router.rulebook.model import Source
from router.settings import Settings, secret_variable
from router.stages.capture.parse import Json, parse_body
from router.web.arrival import (
    Arrival,
    GoneError,
    check_head,
    check_size,
    dedupe_key,
    is_loopback,
    kept_headers,
    let_finish,
    public_url,
    read_on,
    unproven,
)
from router.web.book import BookAtHand
from router.web.committer import Committer
from router.web.limits import DailyCap, Patience, Rates
from router.web.problem import OPERATOR_S, Problem, problem_of

#: Seconds within which a body must be here.
READ_S = 10.0
#: Refused requests that are kept of one source and day, by each process.
REFUSED_A_DAY = 200

_ALLOW = "GET, POST, OPTIONS"
_WAIT = b"wait=owner"
_CHALLENGE = re.compile(r"[\x21-\x7e]{1,256}")
_STALE = "timestamp_outside_window"
_CLOSES = frozenset({408, 413})
_JSON = (b"content-type", b"application/json")

WaitOwner = Callable[[DeliveryId, float], Awaitable[Mapping[str, object]]]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the sender: JSON, where the headers do not say otherwise."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] | None = None


class _Told(Rejected):
    """A refusal that says when to come back."""

    def __init__(self, message: str, *, status: int, code: str, after_s: int) -> None:
        super().__init__(message, status=status, code=code)
        self.after_s = after_s


class Intake:
    """The ASGI endpoint of ``/in/{source}`` and ``/in/{source}/{token}``."""

    def __init__(
        self,
        book: BookAtHand,
        committer: Committer,
        settings: Settings,
        wait_owner: WaitOwner | None = None,
    ) -> None:
        """Take deliveries into a committer.

        Args:
            book: Names the sources.
            committer: Stores what is accepted and, capped, what is refused.
            settings: For the secrets, the bound address and the name of the book.
            wait_owner: Told a committed delivery and how many seconds it may take, says who owns
                the lead by then: ``status`` (``assigned`` or ``pending``) and, if assigned,
                ``lead_id``, ``owner``, ``reason``, ``booking_link``.
        """
        self._book = book
        self._committer = committer
        self._settings = settings
        self._wait_owner = wait_owner
        self._loopback = is_loopback(settings.host)
        self._rates = Rates()
        # No two processes share the first, no two deliveries of one the second.
        self._boot, self._count = randomness.token_hex(16), count()
        self._refused = DailyCap(REFUSED_A_DAY)
        self._stale = DailyCap(REFUSED_A_DAY * 10)
        self.patience = Patience(READ_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Args:
            scope: Of an HTTP request; ``path_params`` hold the source and perhaps a token.
            receive: Gives the body.
            send: Takes the answer.
        """
        params = scope["path_params"]
        instance = f"/in/{params['source']}"
        try:
            answer = await self._answer(scope, receive)
        except GoneError:
            return
        except LeadRouterError as error:
            answer = self._refusal(error, instance, params["source"])
        except Exception as error:  # noqa: BLE001 - the edge: our fault is 503, so that the sender tries again
            _log.error("intake_broke", source=params["source"], error=type(error).__name__)
            answer = self._refusal(Transient("Intake failed. Try again."), instance, "")
        if answer.headers is None:
            headers = [_JSON]
        else:
            headers = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        headers.append((b"content-length", b"%d" % len(answer.body)))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        lingers = answer.status in _CLOSES
        await send({"type": "http.response.body", "body": answer.body, "more_body": lingers})
        if lingers:
            await let_finish(receive)
            await send({"type": "http.response.body", "body": b""})

    @staticmethod
    def _refusal(error: LeadRouterError, instance: str, source: str) -> Answer:
        problem = problem_of(error)
        if isinstance(error, _Told):
            problem = Problem(problem.status, problem.code, problem.detail, error.after_s)
        if isinstance(error, Misconfigured):
            _log.error("intake_not_ready", error=str(error))
        elif source:
            _log.info("intake_refused", source=source[:64], code=problem.code)
        headers = problem.headers()
        if problem.status == 405:  # noqa: PLR2004 - HTTP's number for a wrong method
            headers["allow"] = _ALLOW
        if problem.status in _CLOSES:
            # What is still under way will not be read.
            headers["connection"] = "close"
        return Answer(problem.status, problem.body(instance), headers)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        params = scope["path_params"]
        source = await self._source(params["source"])
        method = scope["method"]
        if method == "OPTIONS":
            return Answer(204, b"", {"allow": _ALLOW})
        if method == "GET":
            return self._handshake(scope, source)
        if method != "POST":
            raise Rejected(f"Send POST, not {method}.", status=405, code="method_not_allowed")
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        content_type = headers.get("content-type", "")
        check_head(headers, content_type)
        token = params.get("token", "")
        self._admit(source, token)
        body = await self._read(receive)
        arrival = Arrival(source, body, headers, content_type, now())
        if source.verify.scheme != "none":
            await self._check_sender(arrival, scope, token)
        try:
            document = parse_body(body, content_type)
        except Rejected as error:
            await self._keep_refused(arrival, error.code, self._refused)
            raise
        return await self._accept(
            arrival, document, wait=_WAIT in scope["query_string"].split(b"&")
        )

    async def _source(self, name: str) -> Source:
        source = (await self._book.get(name)).sources.get(name)
        if source is None:
            raise Rejected(
                f"There is no source {name[:64]!r}. Add sources/{name[:64]}.yaml to the rule book"
                " and publish it, or correct the address.",
                status=404,
                code="unknown_source",
            )
        return source

    def _secrets(self, source: Source) -> list[str]:
        name = source.verify.secret or source.id
        return [secret.get_secret_value() for secret in self._settings.secrets(name)]

    def _admit(self, source: Source, token: str) -> None:
        """Let an unsigned source in only with its token or on this machine, and not too often."""
        if source.verify.scheme != "none":
            return
        live = self._secrets(source)
        if live and not any_same([token], live):
            variable = secret_variable(source.verify.secret or source.id)
            raise Rejected(
                f"Post to /in/{source.id}/<token>, with the value of {variable} as the token.",
                status=401,
                code="token_wrong" if token else "token_missing",
            )
        if not live and not self._loopback:
            variable = secret_variable(source.verify.secret or source.id)
            raise Rejected(
                f"The source {source.id!r} is unsigned, so it is open only while the server is"
                f" bound to loopback. Set {variable} and post to /in/{source.id}/<that value>, or"
                " give the source a signature in its file.",
                status=401,
                code="unsigned_source",
            )
        self._limit(source)

    def _limit(self, source: Source) -> None:
        wait_s = self._rates.wait_s(source.id, source.rate_per_minute, ticks())
        if wait_s > 0:
            raise _Told(
                f"More than {source.rate_per_minute} requests a minute to {source.id!r}.",
                status=429,
                code="too_many_requests",
                after_s=math.ceil(wait_s),
            )

    async def _read(self, receive: Receive) -> bytes:
        try:
            with self.patience:
                message = await receive()
                if message["type"] == "http.request" and not message.get("more_body"):
                    body: bytes = message.get("body", b"")
                    check_size(len(body))
                    return body
                return await read_on(message, receive)
        except TimeoutError:
            raise Rejected(
                f"The body was not here within {self.patience.limit_s:g} seconds. Send it again.",
                status=408,
                code="read_timeout",
            ) from None

    async def _check_sender(self, arrival: Arrival, scope: Scope, token: str) -> None:
        source, how = arrival.source, arrival.source.verify
        proof = Proof(
            body=arrival.body,
            headers=arrival.headers,
            method=scope["method"],
            url=public_url(scope, arrival.headers) if "{url}" in how.signed else "",
            path_token=token,
        )
        outcome = verify(how, self._secrets(source), proof, arrival.at)
        if outcome is Outcome.OK:
            if how.scheme == "path":
                self._limit(source)
            return
        if outcome is Outcome.NO_SECRET:
            _log.error("intake_secret_unset", source=source.id)
            raise _Told(
                f"The source {source.id!r} must be signed, and this server has no usable secret"
                f" for it. Set {secret_variable(how.secret)} here; nothing is taken unsigned.",
                status=503,
                code="secret_unset",
                after_s=OPERATOR_S,
            )
        if outcome is Outcome.STALE:
            _log.error("intake_timestamp_outside_window", source=source.id)
            await self._keep_refused(arrival, _STALE, self._stale)
            raise Rejected(
                "The signature is right, but its time is more than"
                f" {how.tolerance.total_seconds():g} seconds from ours ({arrival.at:%FT%TZ})."
                " Sign again with the time of now; if it is, one of the two clocks is wrong.",
                status=503,
                code=_STALE,
            )
        code = "signature_missing" if outcome is Outcome.MISSING else "signature_wrong"
        await self._keep_refused(arrival, code, self._refused)
        raise Rejected(unproven(source, outcome), status=401, code=code)

    async def _keep_refused(self, arrival: Arrival, code: str, cap: DailyCap) -> None:
        """Keep what was refused, so that an operator sees it; never at the cost of the answer."""
        if not cap.take(arrival.source.id, arrival.at.date()):
            return
        # A key of its own: what was refused must never stand in the way of the real delivery.
        key = hashlib.sha256(b"refused\0" + randomness.token_bytes(16)).digest()
        row = self._row(arrival, key, state=DeliveryState.REFUSED, reason=code)
        try:
            await self._committer.submit(row)
        except (DataFault, Transient) as error:
            _log.warning("intake_refused_not_kept", error=type(error).__name__)

    def _row(
        self,
        arrival: Arrival,
        key: bytes,
        *,
        state: DeliveryState = DeliveryState.RECEIVED,
        reason: str = "",
        remember: timedelta = REMEMBERED,
    ) -> NewDelivery:
        source, at = arrival.source, arrival.at
        # Only good signatures are kept whole: what is stale is a real lead, to be replayed.
        whole = state is DeliveryState.RECEIVED or reason == _STALE
        return NewDelivery(
            id=DeliveryId(timed_id(at, self._boot, next(self._count))),
            book=self._settings.book,
            source=source.id,
            dedupe_key=key,
            body=arrival.body if whole else arrival.body[:REFUSED_KEEPS],
            headers=kept_headers(arrival.headers, source),
            content_type=arrival.content_type[:200].replace("\0", ""),
            received_at=at,
            state=state,
            refused_reason=reason,
            remember=remember,
        )

    async def _accept(self, arrival: Arrival, document: Json, *, wait: bool) -> Answer:
        key, remember = dedupe_key(arrival, document)
        stored = await self._committer.submit(self._row(arrival, key, remember=remember))
        said: dict[str, object] = {"delivery_id": stored.delivery_id}
        if wait:
            said["status"] = "pending"
            if arrival.source.wait and self._wait_owner is not None:
                said |= await self._owner(stored.delivery_id, self._wait_owner)
        return Answer(200, orjson.dumps(said, default=str))

    async def _owner(self, delivery_id: DeliveryId, wait_owner: WaitOwner) -> Mapping[str, object]:
        """Ask who owns it; whatever happens, the delivery stays accepted."""
        try:
            async with asyncio.timeout(self._settings.wait_s + 0.5):
                return await wait_owner(delivery_id, self._settings.wait_s)
        except TimeoutError:
            return {}
        except Exception as error:  # noqa: BLE001 - the delivery is committed: anything but 200 would be a lie
            _log.error("intake_wait_failed", delivery=str(delivery_id), error=type(error).__name__)
            return {}

    def _handshake(self, scope: Scope, source: Source) -> Answer:
        """Answer a vendor who asks, before it sends, whether we know the secret."""
        query = parse_qs(scope["query_string"].decode("latin-1"))
        challenge = query.get("hub.challenge", [""])[0]
        if not challenge:
            raise Rejected("Leads are sent with POST.", status=405, code="method_not_allowed")
        live = self._secrets(source)
        if not live:
            _log.error("intake_secret_unset", source=source.id)
            raise _Told(
                f"Set {secret_variable(source.verify.secret or source.id)} here first.",
                status=503,
                code="secret_unset",
                after_s=OPERATOR_S,
            )
        given = query.get("hub.verify_token", [""])[0]
        if not any_same([given], live) or not _CHALLENGE.fullmatch(challenge):
            raise Rejected(
                "hub.verify_token is not the secret of this source.",
                status=404,
                code="handshake_refused",
            )
        return Answer(
            200,
            challenge.encode(),
            {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"},
        )
