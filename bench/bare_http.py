"""The least that a web process can do: read a request, answer 200. The raw limit of intake.

``python -m bench.bare_http PORT`` serves with the same server and options as the real one.
"""

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn

from router.web.wire import WholeAnswers

Message = MutableMapping[str, Any]

_BODY = b'{"delivery_id":"019b8a3c-0000-8000-8000-000000000000"}'
_START: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(_BODY)),
    ],
}
_END: Message = {"type": "http.response.body", "body": _BODY}


async def answer(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Read a request to its end and answer it.

    Args:
        scope: Of the request.
        receive: Gives the body.
        send: Takes the answer.
    """
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        """Nothing is kept of it."""
    await send(_START)
    await send(_END)


if __name__ == "__main__":
    uvicorn.run(
        answer,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        http=WholeAnswers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        backlog=2048,
    )
