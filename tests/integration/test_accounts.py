"""Accounts on a real database: taken in, found for a lead on the road, and explained."""

from collections.abc import Mapping
from typing import Any

import httpx2
import orjson
import pytest
from fastapi.testclient import TestClient

from router.app import App
from router.lead.facts import facts_of
from router.lead.model import Lead, Person
from router.lead.states import LeadState
from router.now import now as read_now
from router.pipeline import StageName
from router.road.accounts.rows import AccountRow
from router.road.accounts.take import Taken, known_accounts, take_accounts, try_person
from router.road.drain import Road
from router.road.explain import explain, tell
from router.store.accounts import MOST_OF_ONE, RARE
from router.store.tx import transaction
from tests.build import MONDAY, delivery, inquiry, leads_of, send, store, time_stands_at

pytestmark = pytest.mark.usefixtures("even_monday")


def told(app: App, *rows: Mapping[str, object]) -> Taken:
    """Take accounts in, each with a name unless it has one."""
    made = [
        AccountRow(**{"line": line, "name": "Some Ltd", **row})  # type: ignore[arg-type]  # a test names real fields
        for line, row in enumerate(rows, start=1)
    ]
    return take_accounts(app, made, read_now(), by="tests")


def cleaned(app: App, lead: Lead, kind: str = "lead.cleaned") -> tuple[Any, Any]:
    """Return what the event that cleaned a lead says of its account, and the personal part."""
    with transaction(app.engine) as tx:
        row = tx.row(
            "SELECT data, personal FROM event WHERE lead_id = %s AND kind = %s", (lead.id, kind)
        )
    assert row is not None
    return row[0].get("account"), row[1].get("accounts")


def test_a_lead_belongs_to_the_account_of_its_domain_and_its_rules_know(road: Road) -> None:
    told(
        road.app,
        {"key": "A-1", "name": "Archer Mills", "domains": ("archer-mills.example",),
         "owner": "tom-keane", "named": True},
        {"key": "A-2", "name": "Archer Mills Ireland", "domains": ("archer-mills.example",)},
        {"key": "A-3", "name": "Archer Milk"},
        {"key": "A-4", "name": "Elsewhere", "domains": ("elsewhere.example",)},
    )  # fmt: skip
    lead = send(road, inquiry())

    assert lead.account is not None
    assert (lead.account.key, lead.account.by, lead.account.owner) == ("A-1", "domain", "tom-keane")
    facts = facts_of(lead)
    assert (facts["account.known"], facts["account.named"]) == (True, True)
    data, personal = cleaned(road.app, lead)
    assert (data["key"], data["by"], data["score"]) == ("A-1", "domain", 1.0)
    assert [(each["key"], each["won"]) for each in data["candidates"]] == [
        ("A-1", True),
        ("A-2", False),
        ("A-3", False),
    ]
    assert all(each["why"] for each in data["candidates"])
    assert "Archer" not in orjson.dumps(data).decode(), "names can be erased, so they stand apart"
    assert personal["A-1"] == "Archer Mills"


def test_a_lead_of_nobodys_company_is_known_to_have_no_account(road: Road) -> None:
    told(road.app, {"key": "A-1", "name": "Elsewhere", "domains": ("gmail.com",)})
    lead = send(road, inquiry(company="", email=f"ann.{read_now():%f}@gmail.com"))
    assert lead.account is None
    assert cleaned(road.app, lead) == ({"key": "", "candidates": [], "more": 0}, {})
    assert facts_of(lead)["account.known"] is False


def test_where_no_account_is_known_none_is_looked_for(app: App) -> None:
    lead = send(Road(app), inquiry())
    assert lead.account is None
    assert cleaned(app, lead) == (None, None)
    assert explain(app, lead.id).account is None


def test_a_lead_is_found_by_a_known_contact_whose_address_is_nowhere_stored(road: Road) -> None:
    taken = told(
        road.app,
        {"key": "A-1", "contacts": ("Bo.Lind+crm@gmail.com", "nobody")},
        {"key": "A-2", "name": "Archer Mills", "domains": ("archer-mills.example",)},
    )
    assert [each.problem for each in taken.noticed] == [
        "1 of 2 contacts have no valid e-mail address"
    ]
    lead = send(road, inquiry(email="bo.lind@googlemail.com", website="archer-mills.example"))
    assert lead.account is not None
    assert (lead.account.key, lead.account.by) == ("A-1", "contact")
    with transaction(road.app.engine) as tx:
        keys = [row[0] for row in tx.rows("SELECT key FROM account_key")]
    assert not [key for key in keys if "lind" in key or "@" in key]


def test_leads_of_one_batch_each_find_their_own(road: Road) -> None:
    told(
        road.app,
        *(
            {"key": f"K-{n}", "name": f"Firm {n}", "domains": (f"firm{n}.example",)}
            for n in range(9)
        ),
    )
    bodies = [inquiry(email=f"ann@firm{n}.example", company=f"Firm {n}") for n in range(9)]
    ids = store(road.app, *(delivery(body) for body in bodies))
    while road.drain(StageName.CAPTURE):
        continue
    found = [leads_of(road.app, each)[0].account for each in ids]
    assert [each.key for each in found if each] == [f"K-{n}" for n in range(9)]


def test_a_second_inquiry_keeps_the_account_of_the_open_lead_that_it_joins(road: Road) -> None:
    told(road.app, {"key": "A-1", "domains": ("archer-mills.example",), "owner": "tom-keane"})
    body = inquiry()
    first = send(road, body)
    told(
        road.app,
        {"key": "A-1", "domains": ()},
        {"key": "A-2", "domains": ("archer-mills.example",)},
    )
    second = send(road, {**body, "message": "And one more thing."})
    assert (second.state, second.merged_into) == (LeadState.MERGED, first.id)
    assert second.account == first.account
    data, _ = cleaned(road.app, second, "lead.merged")
    assert (data["key"], data["kept"]) == ("A-1", True)
    (loser,) = data["candidates"]
    assert (loser["key"], loser["won"]) == ("A-2", False)
    assert "keeps what it has" in loser["why"]


def test_taking_accounts_in_twice_changes_nothing(app: App) -> None:
    rows = (
        {"key": "A-1", "name": "North", "domains": ("north.example",), "owner": "tom-keane"},
        {"key": "A-2", "name": "South", "contacts": ("bo@south.example",)},
    )
    assert (told(app, *rows).new, told(app, *rows).unchanged) == (2, 2)
    before = known_accounts(app, limit=9)
    with time_stands_at(MONDAY.replace(hour=12)):
        told(app, *reversed(rows))
    assert known_accounts(app, limit=9) == before


def test_an_account_is_replaced_with_all_that_it_was_found_by(app: App) -> None:
    told(app, {"key": "A-1", "name": "North", "domains": ("north.example", "n.example")})
    (first,) = known_accounts(app, limit=9)
    taken = told(app, {"key": "A-1", "name": "North", "domains": ("n.example", "new.example")})
    assert (taken.new, taken.changed, taken.unchanged) == (0, 1, 0)
    (second,) = known_accounts(app, limit=9)
    assert second.domains == ("n.example", "new.example")
    assert second.account.id == first.account.id


def test_an_owner_is_named_by_id_or_address_and_one_who_is_not_there_is_told(app: App) -> None:
    card = app.shelf.active().people["tom-keane"]
    taken = told(
        app,
        {"key": "A-1", "owner": card.email.upper(), "opportunity_owner": "priya-shah"},
        {"key": "A-2", "owner": "somebody@else.example"},
    )
    assert [(each.line, each.key) for each in taken.noticed] == [(2, "A-2")]
    assert "not on the roster" in taken.noticed[0].problem
    first, second = known_accounts(app, limit=9)
    assert (first.account.owner, first.account.opportunity_owner) == ("tom-keane", "priya-shah")
    assert second.account.owner == ""
    assert [each.account.key for each in known_accounts(app, owner="tom-keane", limit=9)] == ["A-1"]


def test_an_owner_who_left_the_roster_is_told_where_the_lead_is_explained(road: Road) -> None:
    told(road.app, {"key": "A-1", "domains": ("archer-mills.example",), "owner": "tom-keane"})
    with transaction(road.app.engine) as tx:
        tx.run("UPDATE account SET owner_id = 'long-gone'")
    found = explain(road.app, send(road, inquiry()).id)
    assert found.account is not None
    assert (found.account.owner, found.account.owner_name) == ("long-gone", "")
    assert "its owner long-gone is not on the roster any more" in tell(found)


def test_the_explanation_shows_the_account_and_why_the_others_lost(road: Road) -> None:
    told(
        road.app,
        {"key": "A-1", "name": "Archer Mills", "domains": ("archer-mills.example",),
         "owner": "tom-keane", "named": True},
        {"key": "A-2", "name": "Archer Mills Ireland", "domains": ("archer-mills.example",)},
    )  # fmt: skip
    text = tell(explain(road.app, send(road, inquiry()).id))
    assert "WHOSE ACCOUNT\n  Archer Mills (A-1), found by domain\n" in text
    assert "its owner is Tom Keane (tom-keane)" in text
    assert "not Archer Mills Ireland (A-2): not a named account" in text
    assert "cleaned; a new person; of account A-1" in text


def test_a_word_that_many_share_finds_nobody_and_a_domain_finds_so_many_and_no_more(
    app: App,
) -> None:
    rows = [{"key": f"K-{n:03}", "name": f"Common {n:03}x Ltd"} for n in range(RARE + 1)]
    told(app, *rows)
    assert not try_person(app, Person(company="Common Ltd"), read_now()).found.judged
    assert won(app, company="Common 007x") == "K-007"
    told(app, *({**row, "domains": ("common.example",)} for row in rows))
    more = [{"key": f"M-{n:03}", "domains": ("common.example",)} for n in range(MOST_OF_ONE)]
    told(app, *more)
    found = try_person(app, Person(email="ann@common.example"), read_now()).found
    assert len(found.judged) + found.more == MOST_OF_ONE


def won(app: App, **typed: str) -> str:
    """Return the key of the account that somebody would belong to."""
    match = try_person(app, Person(**typed), read_now()).found.match  # type: ignore[arg-type]  # a test names real fields
    return match.key if match else ""


# The API.


def post(api: TestClient, *accounts: Mapping[str, object]) -> httpx2.Response:
    return api.post("/api/accounts", json={"accounts": accounts})


def test_the_api_takes_accounts_in_and_lists_them(api: TestClient, app: App) -> None:
    answer = post(
        api,
        {"key": "A-1", "name": "North", "domains": ["https://www.north.example/"], "named": True},
        {"key": "A-2", "name": " "},
        {"key": "A-1", "name": "Again"},
        {"key": "A-3", "name": "South", "country": "Narnia", "owner": "nobody"},
    )
    assert answer.status_code == 200, answer.text
    taken = answer.json()
    assert (taken["new"], taken["changed"], taken["unchanged"]) == (2, 0, 0)
    assert [(each["line"], each["problem"]) for each in taken["left_out"]] == [
        (2, "it has no name"),
        (3, "the same key stands in line 1, which counts"),
    ]
    assert {each["line"] for each in taken["noticed"]} == {4}
    page = api.get("/api/accounts", params={"limit": "1"}).json()
    assert [each["domains"] for each in page["items"]] == [["north.example"]]
    rest = api.get("/api/accounts", params={"after": page["next"]}).json()
    assert ([each["key"] for each in rest["items"]], rest["next"]) == (["A-3"], "")
    assert won(app, email="ann@north.example") == "A-1"


@pytest.mark.parametrize(
    "account",
    [
        {"key": "A-1", "name": "North", "domain": "north.example"},
        {"key": "A-1", "name": "North", "active_at": "2026-01-05T09:00:00"},
        {"key": "A-1"},
        {"key": "A-1", "name": 7},
    ],
)
def test_the_api_refuses_what_is_misspelled(api: TestClient, account: dict[str, object]) -> None:
    assert post(api, account).status_code == 422


def test_a_lead_is_told_with_its_account(api: TestClient, road: Road) -> None:
    post(api, {"key": "A-1", "name": "Archer Mills", "domains": ["archer-mills.example"]})
    lead = send(road, inquiry())
    shown = api.get(f"/api/leads/{lead.id}").json()["account"]
    assert (shown["key"], shown["by"]) == ("A-1", "domain")
