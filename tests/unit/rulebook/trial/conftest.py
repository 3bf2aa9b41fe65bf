"""A book with something to try, to be bent by the tests."""

from collections.abc import Mapping

import pytest

from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from tests.unit.rulebook.trial.texts import CASES, ENRICH, GUARDS, INVARIANTS, ROUTES, SLA, Make


@pytest.fixture
def make(files: dict[str, str]) -> Make:
    """Give what makes the book with some files changed; an empty file is left out."""

    def made(changes: Mapping[str, str]) -> RuleBook:
        whole = {
            **files,
            "10-guards.yaml": GUARDS,
            "20-routes.yaml": ROUTES,
            "30-enrich.yaml": ENRICH,
            "sla.yaml": SLA,
            "tests/cases.yaml": CASES,
            "tests/invariants.yaml": INVARIANTS,
            **changes,
        }
        return book_from_files({path: text for path, text in whole.items() if text})

    return made


@pytest.fixture
def book(make: Make) -> RuleBook:
    """Give the book as it is."""
    return make({})
