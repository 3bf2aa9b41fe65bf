"""Logs: one shape for our lines, Celery's, uvicorn's and everybody else's.

Lines go to standard error: JSON for machines, coloured text on a terminal. Every line carries the
process, the moment in UTC and the ids bound with ``bind``; every line is masked.
"""

import logging
import os
import sys
from typing import TextIO
from uuid import UUID

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from router.watch.masking import masked

# Libraries that bring handlers of their own: theirs go, their lines reach ours.
_OWN_HANDLERS = ("uvicorn", "uvicorn.error", "celery", "celery.task", "celery.redirected")
# Libraries that say at INFO or DEBUG what was in a request.
_HUSHED = ("httpcore2", "httpx2", "kombu", "amqp", "asyncio", "urllib3", "sqlalchemy.engine")
_ACCESS = "uvicorn.access"


def configure(
    process: str,
    json_lines: bool,  # noqa: FBT001 - always a setting, never a bare True
    *,
    access_log: bool = False,
    level: int = logging.INFO,
    stream: TextIO | None = None,
) -> None:
    """Set logging up for this process; calling it again replaces what was set before.

    uvicorn must be started with ``log_config=None``, and Celery with
    ``worker_hijack_root_logger=False``, or they undo it.

    Args:
        process: What this process is, on every line: ``web``, ``worker``, ``ticker``, ``cli``.
        json_lines: Write JSON lines even on a terminal; elsewhere they are always JSON.
        access_log: Let uvicorn write a line per request (with tokens masked); off by default,
            because a line per webhook says nothing that the delivery does not say better.
        level: Least level that is written, as in :mod:`logging`.
        stream: Where lines go; standard error unless given.
    """
    out = sys.stderr if stream is None else stream
    is_json = json_lines or not out.isatty()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                _with_process(process),
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _mask,
                *_renderer(is_json=is_json),
            ],
        )
    )
    root = logging.root
    root.handlers[:] = [handler]
    root.setLevel(level)
    _adopt(level, access_log=access_log)


def bind(**ids: str | int | UUID) -> None:
    """Put ids on every later line of this job or request (its context), ours and the libraries'.

    Args:
        ids: ``lead_id``, ``delivery_id``, ``action_id``, ``stage``, ``attempt`` and the like;
            never personal data.
    """
    structlog.contextvars.bind_contextvars(**ids)


def clear() -> None:
    """Forget every bound id: at the end of each job and request, or the next one wears them."""
    structlog.contextvars.clear_contextvars()


def _adopt(level: int, *, access_log: bool) -> None:
    """Take the libraries' loggers over."""
    for name in _OWN_HANDLERS:
        theirs = logging.root.getChild(name)
        theirs.handlers.clear()
        theirs.propagate = True
    for name in _HUSHED:
        logging.root.getChild(name).setLevel(max(level, logging.WARNING))
    access = logging.root.getChild(_ACCESS)
    access.handlers.clear()
    # uvicorn asks whether anybody listens, and does not even make the line when nobody does.
    access.propagate = access_log


def _with_process(process: str) -> Processor:
    """Return the step that says which process wrote a line."""

    def add(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        line["process"] = process
        line["pid"] = os.getpid()
        return line

    return add


def _mask(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Mask a line; the last step before it is rendered."""
    return masked(line)


def _renderer(*, is_json: bool) -> tuple[Processor, ...]:
    """Return the steps that turn a line into text."""
    if is_json:
        return (structlog.processors.JSONRenderer(),)
    return (structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),)
