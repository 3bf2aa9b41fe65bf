"""Somebody switches themselves off: real tickers give what waits for them to others, once."""

from collections import Counter
from datetime import timedelta

import pytest

from router.lead.model import Lead
from router.lead.states import LeadState
from router.now import now as read_now
from router.rulebook.model import RuleBook
from router.store.tx import transaction
from tests.build import events_of, lead_now, leads_of
from tests.journey import forms, ledger
from tests.journey.conftest import Build
from tests.journey.crm import Crm
from tests.journey.post import post
from tests.journey.town import Town, say, until

_AMY, _BEN = "amy-field", "ben-wood"
_LEADS = 24
#: As the book says: long enough for two words of the API one after the other.
_GRACE = timedelta(seconds=8)
#: From the end of the grace to the change. A ticker looks once a second; a machine that has much
#: else to do needs more.
_LATE = timedelta(seconds=30)


@pytest.fixture(scope="module")
def place(build: Build, night_shift: RuleBook, receiver: Crm) -> Town:
    """Return a town with two tickers, on a book whose grace is seconds."""
    assert night_shift.availability.grace == _GRACE
    made = build(receiver)
    made.start("web", "road", "deliver", "ticker", "ticker-2")
    return made


def _owner(town: Town, lead: Lead) -> str:
    owner = lead_now(town.app, lead.id).owner
    assert owner is not None
    return owner.id


def _sent(town: Town) -> Lead:
    answer = post(town.port, forms.generic(wait=True, country="GB"))
    assert answer.said["status"] == "assigned"
    return leads_of(town.app, answer.delivery_id)[0]


def test_what_waits_for_who_is_offline_goes_to_others_within_seconds_and_once(
    place: Town, receiver: Crm
) -> None:
    leads = [_sent(place) for _ in range(_LEADS)]
    amys = [lead for lead in leads if _owner(place, lead) == _AMY]
    taken, waiting = amys[0], amys[1:]
    assert waiting
    assert place.api(f"/leads/{taken.id}/accept", {"person": _AMY}).status == 200
    place.rest()

    word = {"available": False, "kind": "off", "reason": "doctor", "by": _AMY}
    off_at = read_now()
    assert place.api(f"/people/{_AMY}/availability", word).status == 200
    until(lambda: all(_owner(place, lead) != _AMY for lead in waiting), "they changed hands")
    later = _sent(place)
    place.rest()

    grace_over = off_at + _GRACE
    with transaction(place.app.engine) as tx:
        rows = tx.rows(
            "SELECT at FROM event WHERE kind = 'lead.reassigned' AND lead_id = ANY(%s)",
            ([lead.id for lead in waiting],),
        )
    assert all(grace_over <= row[0] <= grace_over + _LATE for row in rows)
    say(f"{len(rows)} leads changed hands {max(row[0] for row in rows) - grace_over} after")
    for lead in leads:
        moved = lead in waiting
        assert events_of(place.app, lead.id).count("lead.reassigned") == moved
        kinds = Counter(call.kind for call in receiver.about(lead.id))
        assert (kinds["handoff.offered"], kinds["handoff.withdrawn"]) == (1 + moved, int(moved))
    assert (_owner(place, taken), _owner(place, later)) == (_AMY, _BEN)
    assert lead_now(place.app, taken.id).state is LeadState.ACCEPTED
    assert all(lead_now(place.app, lead.id).passed == () for lead in waiting)
    (gone,) = [call for call in receiver.about(waiting[0].id) if call.kind == "handoff.withdrawn"]
    assert gone.message["data"]["note"].startswith("owner went offline at ")
    assert gone.message["data"]["now_with"]["id"] == _BEN
    ledger.check_chains(place.app)
    assert place.faults() == []


def test_who_is_on_again_within_the_grace_keeps_everything(place: Town) -> None:
    off = {"available": False, "kind": "off", "reason": "lost the connection"}
    on = {"available": True, "kind": "off"}
    assert place.api(f"/people/{_AMY}/availability", on).status == 200
    leads = {_owner(place, lead): lead for lead in (_sent(place) for _ in range(6))}
    assert set(leads) == {_AMY, _BEN}
    assert place.api(f"/people/{_AMY}/availability", off).status == 200
    assert place.api(f"/people/{_AMY}/availability", on).status == 200
    assert place.api(f"/people/{_BEN}/availability", off).status == 200
    # His grace ends after hers would have: when his leads have gone, hers were looked at.
    until(lambda: _owner(place, leads[_BEN]) == _AMY, "what he had is hers")
    assert _owner(place, leads[_AMY]) == _AMY
    assert "lead.reassigned" not in events_of(place.app, leads[_AMY].id)
