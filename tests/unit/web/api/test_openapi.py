"""The checked-in description of the API is the API's own."""

from pathlib import Path

import orjson

from router.web.api.describe import describe
from router.web.api.page import write_page

_FILE = Path(__file__).parents[4] / "docs" / "openapi.json"


def test_the_description_that_others_rely_on_is_in_step() -> None:
    same = _FILE.read_text(encoding="utf-8") == describe()
    assert same, "Run `python -m router.web.api.describe > docs/openapi.json` and look at the diff."


def test_every_call_tells_its_errors_as_problems_and_says_what_it_does() -> None:
    for path, calls in orjson.loads(describe())["paths"].items():
        for method, call in calls.items():
            where = f"{method} {path}"
            assert call["description"], where
            assert "application/problem+json" in call["responses"]["default"]["content"], where


def test_the_page_lists_every_call_and_loads_nothing_from_elsewhere() -> None:
    page = write_page(orjson.loads(describe()))
    assert "/api/leads/{lead_id}/accept" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page
