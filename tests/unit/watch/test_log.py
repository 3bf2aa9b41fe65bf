"""One shape for everybody's lines, with ids bound and personal data masked."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import structlog

from router.watch.log import bind, clear, configure

THEIRS = ("uvicorn", "uvicorn.error", "uvicorn.access", "celery", "httpcore2", "sqlalchemy.engine")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.root
    handlers, level = root.handlers[:], root.level
    theirs = [
        (logger, logger.handlers[:], logger.propagate, logger.level)
        for logger in map(root.getChild, THEIRS)
    ]
    yield
    clear()
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    for logger, had, propagated, was in theirs:
        logger.handlers[:] = had
        logger.propagate = propagated
        logger.setLevel(was)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_our_line_carries_event_ids_process_and_a_moment_in_utc() -> None:
    stream = io.StringIO()
    configure("web", json_lines=False, stream=stream)
    bind(lead_id=UUID(int=1), attempt=2)
    structlog.get_logger().info("lead_routed", rule="r-1", email="ann@example.com")
    (line,) = lines(stream)
    assert line["event"] == "lead_routed"
    assert (line["process"], line["level"]) == ("web", "info")
    assert (line["lead_id"], line["attempt"], line["rule"]) == (str(UUID(int=1)), 2, "r-1")
    assert line["email"] == "***"
    assert datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta(0)


def test_a_librarys_line_has_the_same_shape_and_is_masked() -> None:
    stream = io.StringIO()
    configure("worker", json_lines=True, stream=stream)
    bind(stage="clean")
    logging.root.getChild("celery.worker").warning("cannot send to %s", "ann@example.com")
    (line,) = lines(stream)
    assert line["event"] == "cannot send to ***"
    assert (line["process"], line["level"], line["logger"], line["stage"]) == (
        "worker",
        "warning",
        "celery.worker",
        "clean",
    )


def test_cleared_ids_do_not_reach_the_next_job() -> None:
    stream = io.StringIO()
    configure("worker", json_lines=True, stream=stream)
    bind(lead_id="0197")
    clear()
    structlog.get_logger().info("idle")
    assert "lead_id" not in lines(stream)[0]


def test_a_traceback_is_one_masked_value() -> None:
    stream = io.StringIO()
    configure("worker", json_lines=True, stream=stream)
    try:
        int("no such person: ann@example.com")
    except ValueError:
        structlog.get_logger().exception("stage_failed")
    (line,) = lines(stream)
    assert "ValueError: invalid literal" in line["exception"]
    assert "ann@" not in stream.getvalue()


def test_a_librarys_traceback_is_masked_too() -> None:
    stream = io.StringIO()
    configure("worker", json_lines=True, stream=stream)
    try:
        int("ann@example.com")
    except ValueError:
        logging.root.getChild("celery").exception("failed")
    (line,) = lines(stream)
    assert "ValueError: invalid literal" in line["exception"]
    assert "ann@" not in stream.getvalue()


def test_a_terminal_gets_text_unless_json_is_asked_for() -> None:
    stream = Terminal()
    configure("cli", json_lines=False, stream=stream)
    structlog.get_logger().info("started", email="ann@example.com")
    assert not stream.getvalue().startswith("{")
    assert "started" in stream.getvalue()
    assert "ann@" not in stream.getvalue()
    configure("cli", json_lines=True, stream=stream)
    structlog.get_logger().info("again")
    assert json.loads(stream.getvalue().splitlines()[-1])["event"] == "again"


def test_configuring_twice_writes_each_line_once() -> None:
    stream = io.StringIO()
    configure("web", json_lines=True, stream=stream)
    configure("web", json_lines=True, stream=stream)
    structlog.get_logger().info("once")
    assert len(lines(stream)) == 1


def test_the_access_log_is_off_unless_asked_for() -> None:
    configure("web", json_lines=True, stream=io.StringIO())
    assert not logging.root.getChild("uvicorn.access").hasHandlers()


def test_an_access_line_hides_the_token_in_the_path() -> None:
    stream = io.StringIO()
    configure("web", json_lines=True, access_log=True, stream=stream)
    logging.root.getChild("uvicorn.access").info(
        '%s - "%s %s HTTP/%s" %d', "127.0.0.1:5000", "POST", "/in/tally/s3cret", "1.1", 200
    )
    assert lines(stream)[0]["event"] == '127.0.0.1:5000 - "POST /in/tally/*** HTTP/1.1" 200'


def test_libraries_that_show_requests_are_hushed() -> None:
    stream = io.StringIO()
    configure("worker", json_lines=True, level=logging.DEBUG, stream=stream)
    logging.root.getChild("httpcore2.http11").debug("headers %s", "authorization")
    logging.root.getChild("sqlalchemy.engine").info("parameters")
    assert lines(stream) == []


def test_handlers_that_a_library_brought_are_replaced() -> None:
    theirs = io.StringIO()
    logging.root.getChild("uvicorn").addHandler(logging.StreamHandler(theirs))
    stream = io.StringIO()
    configure("web", json_lines=True, stream=stream)
    logging.root.getChild("uvicorn.error").info("started")
    assert theirs.getvalue() == ""
    assert [line["event"] for line in lines(stream)] == ["started"]


def test_lines_below_the_level_are_not_written() -> None:
    stream = io.StringIO()
    configure("web", json_lines=True, stream=stream)
    structlog.get_logger().debug("detail")
    logging.root.getChild("some.library").debug("detail")
    assert stream.getvalue() == ""
