"""Why not Bob, and what if: on real leads, whose picks are made again from what was kept."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from router.app import App
from router.errors import NotFound
from router.lead.model import Lead
from router.lead.states import LeadState
from router.now import now as read_now
from router.pipeline import StageName
from router.road.act import act
from router.road.drain import Road
from router.road.explain import explain, tell
from router.road.explain.told import WhatIf
from router.road.words import close, decline, reassign
from router.rulebook.allowance import Allowance
from router.rulebook.model import Period, RuleBook
from router.store.absences import set_away, set_back
from router.store.allowances import end_allowance, write_allowance
from router.store.tx import transaction
from tests.build import MONDAY, delivery, inquiry, leads_of, send, store, time_stands_at
from tests.pools import UK, owner, start_even, use, with_pool

#: Seconds for trying everything, on a machine that has much else to do.
_PATIENCE_S = 60.0
TOM, PRIYA, LENA = "tom-keane", "priya-shah", "lena-vogt"


@pytest.fixture(autouse=True)
def monday(app: App) -> Iterator[None]:
    """Stand on a monday morning, with nobody ahead or behind."""
    start_even(app)
    with transaction(app.engine) as tx:
        # Their events do not say that they were closed.
        tx.run("DELETE FROM lead")
    with time_stands_at(MONDAY):
        yield


def go_away(app: App, person: str, **changes: object) -> None:
    """Let somebody be away for four hours."""
    said = {"until": read_now() + timedelta(hours=4), "reason": "training", **changes}
    with transaction(app.engine) as tx:
        set_away(tx, book="default", person=person, by="tests", now=read_now(), **said)  # type: ignore[arg-type]  # a test names real arguments


def come_back(app: App, person: str) -> None:
    """Let somebody be back at once."""
    with transaction(app.engine) as tx:
        set_back(tx, book="default", person=person, now=read_now())


def asked(road: Road, lead: Lead, person: str = "") -> WhatIf:
    """Ask what if about a lead; it must be decidable again."""
    found = explain(road.app, lead.id, person=person, otherwise=True, time_s=_PATIENCE_S).what_if
    assert found is not None
    assert not found.why_not
    assert not found.cut_short
    return found


def why_not(road: Road, lead: Lead, person: str) -> str:
    """Ask why not somebody."""
    told = explain(road.app, lead.id, person=person).why_not
    assert told is not None
    return told.words


def words(found: WhatIf) -> list[str]:
    """Return what was found, in words."""
    return [each.words for each in found.found]


def all_at_once(road: Road, *bodies: dict[str, object]) -> list[Lead]:
    """Let leads come in together, so that one batch decides them."""
    ids = store(road.app, *(delivery(body) for body in bodies))
    while road.drain(StageName.CAPTURE):
        continue
    return [leads_of(road.app, each)[0] for each in ids]


def test_who_was_away_would_have_got_it_also_once_they_are_back(
    road: Road, starter_book: RuleBook
) -> None:
    use(road.app, starter_book)
    go_away(road.app, PRIYA)
    lead = send(road, inquiry())
    come_back(road.app, PRIYA)
    for _ in range(3):
        send(road, inquiry())
    assert owner(lead) == TOM
    assert words(asked(road, lead))[:2] == [
        "if Priya Shah were not away, they would get it (rule uk-and-ireland, pool uk-and-ireland)",
        "country DE would give Jonas Brandt (rule dach, pool dach)",
    ]
    assert why_not(road, lead, "Priya Shah") == (
        "Priya Shah was looked at in pool uk-and-ireland and passed over: away until 14:00."
    )
    assert words(asked(road, lead, PRIYA)) == [
        "if Priya Shah were not away, they would get it (rule uk-and-ireland, pool uk-and-ireland)"
    ]


def test_who_was_in_no_pool_that_was_asked_reads_which_rule_would_have_had_to_match(
    road: Road, starter_book: RuleBook
) -> None:
    use(road.app, starter_book)
    lead = send(road, inquiry())
    told = why_not(road, lead, "ruby.tran@northwind.example")
    assert told.startswith(
        "Ruby Tran was not looked at: in none of the pools that were asked (uk-and-ireland);"
        " rule asia-pacific (person ruby-tran) would have had to match, but country is GB"
    )
    assert words(asked(road, lead, "ruby-tran")) == [
        "country AU would give Ruby Tran (rule asia-pacific)"
    ]
    with pytest.raises(NotFound, match="nobody called 'bob'"):
        explain(road.app, lead.id, person="bob")


def test_who_has_it_reads_why_and_nothing_else_is_asked(road: Road, starter_book: RuleBook) -> None:
    use(road.app, starter_book)
    lead = send(road, inquiry())
    found = explain(road.app, lead.id, person=owner(lead))
    assert found.why_not is not None
    assert found.why_not.has_it
    assert found.what_if is None


def test_who_lost_the_turn_reads_how_much_more_they_had_to_be_owed(
    road: Road, starter_book: RuleBook
) -> None:
    use(road.app, starter_book)
    lead = send(road, inquiry())
    other = TOM if owner(lead) == PRIYA else PRIYA
    (found,) = asked(road, lead, other).found[-1:]
    assert [(each.kind, each.about, each.pool) for each in found.changes] == [("credit", other, UK)]
    assert found.changes[0].value == "0.01"
    assert found.owner == other


def test_every_lead_of_one_batch_is_decided_again_as_it_was(
    road: Road, starter_book: RuleBook
) -> None:
    use(road.app, starter_book)
    countries = ("GB", "DE", "US", "IE", "AT", "CA")
    bodies = [inquiry(country=countries[number % 6]) for number in range(24)]
    leads = all_at_once(road, *bodies)
    for lead in leads:
        assert len(asked(road, lead).found) > 1
    moments = {each.timeline[0].at for each in (explain(road.app, lead.id) for lead in leads)}
    assert len(moments) == 1


def test_a_pick_is_decided_again_exactly_also_where_a_later_batch_picked_before_it(
    road: Road, starter_book: RuleBook
) -> None:
    use(road.app, starter_book)
    send(road, inquiry())
    second = send(road, inquiry())
    with transaction(road.app.engine) as tx:
        # As if the first one's batch had begun after the second one's, and was faster.
        tx.run("UPDATE ledger SET at = at + interval '1 hour' WHERE lead_id <> %s", (second.id,))
    assert words(asked(road, second))[0].startswith("country DE would give")


def test_a_fact_that_a_guard_does_not_let_pass_gives_the_lead_to_nobody(
    road: Road, starter_book: RuleBook
) -> None:
    use(road.app, starter_book)
    lead = send(road, inquiry())
    found = asked(road, lead).found
    blocked = starter_book.lists["blocked_domains"] | starter_book.lists["competitors"]
    values = {change.value for each in found for change in each.changes}
    assert not values & blocked


def test_with_one_more_lead_a_day_who_was_full_would_get_it(
    road: Road, starter_book: RuleBook
) -> None:
    members = "members: [{person: priya-shah, cap: {day: 2}}, {person: tom-keane, weight: 1}]"
    use(road.app, with_pool(starter_book, "", members=members))
    leads = [send(road, inquiry()) for _ in range(6)]
    last = leads[-1]
    assert owner(last) == TOM
    told = explain(road.app, last.id).candidates
    assert [each.bar for each in told if each.person == PRIYA] == ["cap"]
    # Tom was owed more by then, so that room alone would not have been enough.
    assert words(asked(road, last, PRIYA))[-1] == (
        "with room for one more lead a day in pool uk-and-ireland (cap 3) for Priya Shah, and if"
        " Priya Shah were owed 1.00 leads more in pool uk-and-ireland, they would get it (rule"
        " uk-and-ireland, pool uk-and-ireland)"
    )


def test_open_leads_are_counted_as_they_were_then(road: Road, starter_book: RuleBook) -> None:
    cards = "priya-shah: cap: {open: 1}"
    use(road.app, with_pool(starter_book, "", cards=cards))
    first, *_, last = (send(road, inquiry()) for _ in range(4))
    assert (owner(first), owner(last)) == (PRIYA, TOM)
    act(road, first.id, close(PRIYA, "converted"))
    found = asked(road, last, PRIYA).found[-1]
    assert [(each.kind, each.value) for each in found.changes] == [("cap", "2"), ("credit", "1.00")]
    assert "one more lead open at once (cap 2) for Priya Shah" in found.words


def test_a_skill_and_a_tier_are_what_somebody_lacked(road: Road, starter_book: RuleBook) -> None:
    terms = "skills: [{name: german}]"
    cards = "tom-keane: skills: [german]"
    members = "members: [priya-shah, tom-keane, {person: owen-price, tier: 2}]"
    use(road.app, with_pool(starter_book, terms, members=members, cards=cards))
    lead = send(road, inquiry())
    assert owner(lead) == TOM
    assert words(asked(road, lead, PRIYA))[0] == (
        "if Priya Shah had the skill german, they would get it (rule uk-and-ireland, pool"
        " uk-and-ireland)"
    )


def test_two_changes_at_once_are_told_where_one_does_not_do(
    road: Road, starter_book: RuleBook
) -> None:
    members = "members: [priya-shah, tom-keane, {person: george-amari, tier: 2}]"
    use(road.app, with_pool(starter_book, "", members=members))
    go_away(road.app, "george-amari")
    lead = send(road, inquiry())
    found = explain(road.app, lead.id, person="george-amari")
    assert "No single change would have done; two at once would:" in tell(found)
    (told,) = words(asked(road, lead, "george-amari"))
    assert told == (
        "if George Amari were not away, and if George Amari were in tier 1 of pool uk-and-ireland,"
        " they would get it (rule uk-and-ireland, pool uk-and-ireland)"
    )


def test_an_allowance_that_was_ended_since_still_counts_for_what_was_decided_under_it(
    road: Road, starter_book: RuleBook
) -> None:
    use(road.app, starter_book)
    allowance = Allowance(
        UUID(int=77),
        PRIYA,
        UK,
        read_now() - timedelta(hours=1),
        read_now() + timedelta(days=1),
        caps={Period.DAY: 0},
        by="george-amari",
    )
    with transaction(road.app.engine) as tx:
        write_allowance(tx, "default", allowance)
    lead = send(road, inquiry())
    assert owner(lead) == TOM
    with transaction(road.app.engine) as tx:
        end_allowance(tx, "default", allowance.id, read_now())
    assert words(asked(road, lead))[0].startswith("with room for one more lead a day")


def test_what_somebody_passed_up_is_decided_again_too(road: Road, starter_book: RuleBook) -> None:
    use(road.app, starter_book)
    lead = send(road, inquiry())
    first = owner(lead)
    after = act(road, lead.id, decline(first, "too far away"))
    assert owner(after) != first
    name = {PRIYA: "Priya Shah", TOM: "Tom Keane"}[first]
    # It was not their turn any more, so that would not have been enough.
    (told,) = words(asked(road, after, first))
    assert told == (
        f"if {name} had not passed it up before, and if {name} were owed 1.00 leads more in pool"
        " uk-and-ireland, they would get it (rule uk-and-ireland, pool uk-and-ireland)"
    )


def test_where_a_person_chose_nothing_is_guessed(road: Road, starter_book: RuleBook) -> None:
    use(road.app, starter_book)
    lead = send(road, inquiry())
    act(road, lead.id, reassign("george-amari", LENA, "she knows them"))
    found = explain(road.app, lead.id, otherwise=True).what_if
    assert found is not None
    assert found.why_not == "george-amari chose the owner by hand"
    assert "Not told: george-amari chose the owner by hand." in tell(
        explain(road.app, lead.id, otherwise=True)
    )


def test_a_lead_that_a_rule_refused_is_told_what_would_have_given_it_to_somebody(
    road: Road, starter_book: RuleBook
) -> None:
    use(road.app, starter_book)
    pitch = "We offer SEO services and backlinks to grow your website traffic. Interested?"
    lead = send(road, inquiry(message=pitch))
    assert (lead.state, lead.reason) == (LeadState.REJECTED, "solicitation")
    first = asked(road, lead).found[0]
    assert [(each.about, each.kind) for each in first.changes] == [("intent", "fact")]
    assert (first.pool, first.rule) == (UK, UK)


def test_who_left_since_is_still_asked_as_they_stood(road: Road, starter_book: RuleBook) -> None:
    old = use(road.app, with_pool(starter_book, "# before\n"))
    lead = send(road, inquiry())
    first = owner(lead)
    with time_stands_at(MONDAY + timedelta(hours=1)):
        use(road.app, with_pool(starter_book, "", cards=f"{first}: left: true"))
        other = TOM if first == PRIYA else PRIYA
        assert owner(send(road, inquiry())) == other
        assert lead.digest == old.digest
        assert asked(road, lead, other).found[-1].changes[0].kind == "credit"


def test_erased_facts_are_said_to_be_erased(road: Road, starter_book: RuleBook) -> None:
    use(road.app, starter_book)
    lead = send(road, inquiry())
    with transaction(road.app.engine) as tx:
        tx.run("UPDATE event SET personal = '{}' WHERE lead_id = %s", (lead.id,))
    found = explain(road.app, lead.id, otherwise=True).what_if
    assert found is not None
    assert "erased" in found.why_not
    assert not found.found
    assert "the facts were erased" in why_not(road, lead, "ruby-tran")


def test_a_pick_of_which_something_is_not_known_any_more_is_not_guessed_at(
    road: Road, starter_book: RuleBook
) -> None:
    use(road.app, starter_book)
    lead = send(road, inquiry())
    with transaction(road.app.engine) as tx:
        tx.run(
            'UPDATE event SET data = (replace(data::text, \'"bar":""\', \'"bar":"cap"\'))::json'
            " WHERE lead_id = %s AND kind = 'lead.routed'",
            (lead.id,),
        )
    found = explain(road.app, lead.id, otherwise=True).what_if
    assert found is not None
    assert "does not give the decision that was made" in found.why_not


def test_who_was_considered_stands_in_columns_with_the_chosen_one_marked(
    road: Road, starter_book: RuleBook
) -> None:
    use(road.app, starter_book)
    go_away(road.app, PRIYA)
    text = tell(explain(road.app, send(road, inquiry()).id))
    section: list[str] = text.split("WHO WAS CONSIDERED\n")[1].split("\n\n")[0].splitlines()
    assert section[0] == "  pool uk-and-ireland"
    assert section[1] == "       Priya Shah (priya-shah)  away until 14:00"
    assert section[2].startswith("    -> Tom Keane (tom-keane)    ")
