"""The API's outer edge: what a request must look like before anybody reads it."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from router.errors import Rejected
from router.web.auth import SAFE, check_origin
from router.web.problem import problem_of, problem_response

#: Largest body of a call, in bytes.
MAX_BODY = 64 * 1024
#: Calls whose body is a file: its media types, how it is called, and its largest size in bytes.
FILES = {
    "/api/people/absences/ics": (("text/calendar",), "a calendar file", 2 * 1024 * 1024),
    "/api/imports": (
        ("text/csv", "application/x-ndjson", "application/jsonl"),
        "a file of leads",
        32 * 1024 * 1024,
    ),
}
_UNAUTHORIZED = 401


class Edge:
    """Refuses foreign pages, bodies that are not JSON, and bodies that are too large."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an application.

        Args:
            app: Gets what passes.
        """
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with a problem."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # Answers hold personal data.
                headers.setdefault("cache-control", "no-store")
                if message["status"] == _UNAUTHORIZED:
                    headers["www-authenticate"] = "Bearer"
            await send(message)

        try:
            check_request(scope["method"], Headers(scope=scope), scope["path"])
        except Rejected as error:
            await problem_response(problem_of(error), scope["path"])(scope, receive, marked)
            return
        await self._app(scope, receive, marked)


def check_request(method: str, headers: Headers, path: str = "") -> None:
    """Refuse a request that must not be read.

    Args:
        method: Of the request.
        headers: Of the request.
        path: Of the request; some calls take a file instead of JSON.

    Raises:
        Rejected: It comes from another site's page (403), has no length (411), is too large (413)
            or is not of the type that the call takes (415).
    """
    check_origin(method, headers)
    length = headers.get("content-length", "")
    bare = length in {"", "0"} and "transfer-encoding" not in headers
    if method in SAFE or (method == "DELETE" and bare):
        return
    wanted, called, most = FILES.get(path, (("application/json",), "JSON", MAX_BODY))
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in wanted:
        raise Rejected(
            f"Send {called}, with the header `Content-Type: {'` or `'.join(wanted)}`.",
            status=415,
            code="not_json" if path not in FILES else "wrong_type",
        )
    if not length.isdecimal():
        raise Rejected(
            "Send the header `Content-Length`; a body in chunks is not read.",
            status=411,
            code="length_required",
        )
    if int(length) > most:
        raise Rejected(f"The body is larger than {most} bytes.", status=413, code="too_large")
