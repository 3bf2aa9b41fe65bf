"""Facts that somebody types are read as a rule would read them, or refused with the reason."""

from datetime import UTC, datetime

import pytest

from router.errors import BookError
from router.rulebook.reading.load import read_facts


def test_facts_get_their_declared_types() -> None:
    found = read_facts(
        {
            "country": "NO",
            "postcode": "0150",
            "company_size": 40,
            "confidence": 0.5,
            "is_returning": False,
            "tags": [],
            "submitted_at": "2026-03-01",
            "city": None,
        }
    )
    assert found == {
        "country": "NO",
        "postcode": "0150",
        "company_size": 40,
        "confidence": 0.5,
        "is_returning": False,
        "tags": (),
        "submitted_at": datetime(2026, 3, 1, tzinfo=UTC),
    }


def test_every_fact_that_is_wrong_is_named() -> None:
    with pytest.raises(BookError) as caught:
        read_facts({"cuntry": "GB", "company_size": "many", "country": "UK", "city": ["a", "b"]})
    found = str(caught.value)
    assert "unknown fact 'cuntry'" in found
    assert "did you mean 'country'?" in found
    assert "company_size is a whole number, but this is 'many'" in found
    assert "    3 | country: UK" in found
    assert "city has one value, but this is a list" in found
