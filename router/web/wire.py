"""How answers leave: head and body in one write, which is one system call and one packet.

The server writes them apart; for an answer as short as an acknowledgement, that second write costs
as much as everything else the server does.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: What is held back at most, in bytes, so that a long answer feels its reader's pace.
_HELD = 64 * 1024


class WholeAnswers(HttpToolsProtocol):
    """The server's protocol over a transport that holds writes back until the loop's next turn."""

    def connection_made(  # type: ignore[override]  # as the server's own
        self, transport: asyncio.Transport
    ) -> None:
        """Put the transport between the server and the socket.

        Args:
            transport: Of the socket.
        """
        super().connection_made(Gathering(transport, self.loop.call_soon))


class Gathering(asyncio.Transport):
    """Passes everything on, but what is written in one turn of the loop as one piece."""

    def __init__(
        self, transport: asyncio.Transport, soon: Callable[[Callable[[], None]], object]
    ) -> None:
        """Stand before a transport.

        Args:
            transport: Where the pieces go.
            soon: Runs a function in the next turn of the loop.
        """
        super().__init__()
        self._transport = transport
        self._soon = soon
        self._held: list[bytes | bytearray | memoryview] = []
        self._size = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Hold a piece back for a moment.

        Args:
            data: Not changed afterwards.
        """
        if not self._held:
            self._soon(self.flush)
        self._held.append(data)
        self._size += len(data)
        if self._size > _HELD:
            self.flush()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Hold pieces back for a moment.

        Args:
            list_of_data: Not changed afterwards.
        """
        for data in list_of_data:
            self.write(data)

    def flush(self) -> None:
        """Write what is held back."""
        if self._held:
            whole, self._held, self._size = b"".join(self._held), [], 0
            self._transport.write(whole)

    def close(self) -> None:
        """Write what is held back, then close."""
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._held, self._size = [], 0
        self._transport.abort()

    def is_closing(self) -> bool:
        """Say whether it is closed or closing."""
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        """Read no more for now."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        self._transport.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let another protocol have what is read.

        Args:
            protocol: The other one.
        """
        self._transport.set_protocol(protocol)

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as asyncio has it
        """Return what the transport knows of the connection.

        Args:
            name: As asyncio names it.
            default: If it does not know.
        """
        return self._transport.get_extra_info(name, default)
