"""Every mistake in a book is shown, with its place and what was probably meant."""

import pytest

from router.errors import BookError
from router.rulebook.reading.load import book_from_files

ROUTES = "20-routes.yaml"


def problems(files: dict[str, str]) -> str:
    """Return all problems of a book as one text."""
    with pytest.raises(BookError) as caught:
        book_from_files(files)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return str(caught.value)


def bent(files: dict[str, str], file: str, old: str, new: str) -> dict[str, str]:
    """Replace a text that must be there."""
    assert old in files[file]
    return files | {file: files[file].replace(old, new)}


def test_many_mistakes_are_shown_at_once_in_the_order_of_the_files(files: dict[str, str]) -> None:
    files[ROUTES] = """\
phase: routes
rules:
  - id: uk
    summary: The islands.
    steward: ops@northwind.example
    when: {cuntry: [GB, IE], company_size: "1,000"}
    then: {pool: dask, sla: standard}
  - id: uk
    summary: Twice.
    steward: ops
    when: {country: UK, email.domain: {in_list: rival}}
    then: {}
"""
    files["calendars.yaml"] = "week: {zone: Europe/Lundon, hours: MoFr 9-17}\n"
    targets = "person, pool, queue, sequence, reject, review"
    with pytest.raises(BookError) as caught:
        book_from_files(files)
    assert caught.value.problems[0] == (
        "20-routes.yaml:6:12: unknown fact 'cuntry'\n"
        '    6 |     when: {cuntry: [GB, IE], company_size: "1,000"}\n'
        "      |            ^\n"
        "did you mean 'country'?"
    )
    assert [text.split("\n")[0] for text in caught.value.problems] == [
        "20-routes.yaml:6:12: unknown fact 'cuntry'",
        "20-routes.yaml:6:44: company_size is a whole number, but this is '1,000'",
        "20-routes.yaml:7:18: unknown pool 'dask'",
        "20-routes.yaml:8:9: the rule 'uk' is declared twice, also in 20-routes.yaml:3:9",
        "20-routes.yaml:10:14: 'ops' is not an e-mail address",
        "20-routes.yaml:11:21: unknown country 'UK'",
        "20-routes.yaml:11:49: unknown list 'rival'",
        f"20-routes.yaml:12:11: 'then' needs exactly one of: {targets}",
        "calendars.yaml:1:14: unknown time zone 'Europe/Lundon'",
        "calendars.yaml:1:36: 'MoFr 9-17' is not opening hours",
    ]


def test_every_missing_file_is_named() -> None:
    found = problems({})
    for name in ("book", "teams", "calendars", "sla", "intents", "handoffs"):
        assert f"{name}.yaml:1:1: this file is missing" in found
    assert "the phase fallback has no rule" in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x 1\nb: *x\n", "1:4: anchors and aliases"),
        ("a: !!int 1\n", "1:4: the tag tag:yaml.org,2002:int is not read"),
        ("name: a\nname: b\n", "2:1: duplicate key 'name'"),
        ("a: " + "[" * 12 + "]" * 12, ":15: nested deeper than 12 levels"),
        ("a: b\n---\nc: d\n", "2:1: a second document"),
        ("a: [b\n", "this is not YAML"),
        ("a: \x07\n", "this is not YAML"),
        ("? [a]\n: b\n", "1:3: a key must be a single word"),
        ("", "1:1: the file is empty"),
        ("- a\n", "1:1: book.yaml must be a map"),
        ("just text", "1:1: book.yaml must be a map"),
    ],
)
def test_yaml_beyond_what_a_book_needs_is_refused(
    files: dict[str, str], text: str, said: str
) -> None:
    found = problems(files | {"book.yaml": text})
    assert "book.yaml:" in found
    assert said in found


def test_an_anchor_hides_no_other_mistake(files: dict[str, str]) -> None:
    found = problems(files | {"book.yaml": "name: &x 1\nfallback_ownr: !!str me\n"})
    assert "book.yaml:1:7: anchors and aliases" in found
    assert "book.yaml:2:16: the tag" in found
    assert "fallback_ownr" in found


@pytest.mark.parametrize("zone", ["Europe/Londn", '""'])
def test_a_calendar_that_cannot_be_asked_hides_no_other_mistake(
    files: dict[str, str], zone: str
) -> None:
    rule = """\
  - id: by-day
    summary: In the day.
    steward: ops@northwind.example
    when: {received_at: {in_calendar: week}}
    then: {pool: nobody-of-us}
    examples: {matches: [{received_at: 2026-03-02T10:00:00Z}]}
"""
    calendars = files["calendars.yaml"].replace("Europe/London", zone)
    routes = f"{files['20-routes.yaml'].rstrip()}\n{rule}"
    found = problems(files | {"calendars.yaml": calendars, "20-routes.yaml": routes})
    assert "calendars.yaml:" in found
    assert "unknown pool 'nobody-of-us'" in found
    assert "this example of" not in found


def test_one_unreadable_file_does_not_make_all_its_names_unknown(files: dict[str, str]) -> None:
    found = problems(files | {"teams.yaml": "people: [\n"})
    assert found.count("\n") < 5
    assert "unknown" not in found


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("{country: {isnt: GB}}", "unknown comparison 'isnt'"),
        ("{company_size: {contains: 1}}", "cannot be compared with 'contains'"),
        ("{company_size: [1, 2]}", "cannot be compared with 'in'"),
        ("{tags: {gte: 1}}", "cannot be compared with 'gte'"),
        ("{is_returning: yes}", "'yes' is neither true nor false"),
        ("{company_size: 0100}", "company_size is a whole number"),
        ("{confidence: .5}", "confidence is a number"),
        ("{country: Germany}", "did you mean 'DE'?"),
        ("{country: }", "a value is missing here"),
        ("{country: []}", "must not be empty"),
        ("{country: {}}", "nothing is asked of 'country'"),
        ("{any: []}", "'any' must not be empty"),
        ("{any: [{}, {country: GB}]}", "an empty condition in 'any' always holds"),
        ("{any: {country: GB}}", "'any' must be a list"),
        ("{not: {}}", "'not' needs a condition"),
        ("{intent: prising}", "did you mean 'pricing'?"),
        ("{service_line: analytic}", "did you mean 'analytics'?"),
        ("{urgency: hihg}", "did you mean 'high'?"),
        ("{source: wep}", "unknown source 'wep'"),
        ("country", "a condition must be a map"),
    ],
)
def test_a_condition_that_means_nothing_is_named(
    files: dict[str, str], when: str, said: str
) -> None:
    assert said in problems(bent(files, ROUTES, "{country: NO}", when))


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (ROUTES, "phase: routes", "phase: rotes", "did you mean 'routes'?"),
        (ROUTES, "phase: routes", "phase: enrich", "gives settings, not a pool"),
        (ROUTES, "{pool: desk}", "{pool: desk, queue: triage}", "exactly one of"),
        (ROUTES, "{pool: desk}", "{pool: desk, priority: top}", "unknown priority 'top'"),
        (ROUTES, "{pool: desk}", "{reject: Not Good}", "cannot be a code"),
        (ROUTES, "    summary: Norway.\n", "", "a rule needs 'summary'"),
        (ROUTES, "country: NO}", "country: NO}\n    on_unknown: ask", "unknown on_unknown 'ask'"),
        (ROUTES, "{country: NO}", "{}\n    weight: 3", "unknown setting of a rule 'weight'"),
        ("90-fallback.yaml", "when: {}", "when: {country: GB}", "must have no condition"),
        ("90-fallback.yaml", "queue: triage", "reject: spam", "must give an owner"),
        ("90-fallback.yaml", "phase: fallback", "phase: routes", "fallback has no rule"),
        ("book.yaml", "fallback_owner: ann", "fallback_owner: anne", "did you mean 'ann'?"),
        ("book.yaml", "default_sla: standard", "default_sla: standart", "did you mean 'standard'?"),
        ("teams.yaml", "manager: ann}", "manager: bob}", "managers in a circle: bob > bob"),
        ("teams.yaml", "[ann, {person: bob, weight: 3}]", "[]", "must not be empty"),
        ("teams.yaml", "[ann, {", "[bob, {", "'bob' is in this pool twice"),
        ("teams.yaml", "weight: 3", "weight: 0", "not a whole number from 1 to 100"),
        ("teams.yaml", "accountable: ann, ", "", "a queue needs 'accountable'"),
        ("teams.yaml", "role: sales, manager", "role: sale, manager", "did you mean 'sales'?"),
        ("teams.yaml", "ann@northwind.example", "ann", "is not an e-mail address"),
        ("calendars.yaml", "17:00}", "17:00, country: XX}", "unknown country 'XX'"),
        ("calendars.yaml", "17:00}", "17:00, country: GB, subdivision: E}", "subdivision of 'GB'"),
        ("calendars.yaml", "17:00}", "17:00, extra: [Dec 99 off]}", "is not opening hours"),
        ("sla.yaml", "15m", "15 min", "'15 min' is not a time"),
        ("sla.yaml", "15m", "0m", "'0m' is not a time"),
        ("sla.yaml", "escalate: 1.0", "escalate: 0.5", "must come after the one at 0.8"),
        ("sla.yaml", "escalate: 1.0", "shout: 1.0", "unknown step of a ladder 'shout'"),
        ("sla.yaml", "escalate: 1.0", "reassign: 1.0", "a ladder needs the step 'escalate'"),
        ("sla.yaml", "warn: 0.8", "repeat: 0.8", "'repeat' must be the last step"),
        ("sla.yaml", "1d, ladder: usual", "1d, ladder: usal", "did you mean 'usual'?"),
        ("sla.yaml", "first_touch", "first_tuch", "a policy needs 'first_touch'"),
        ("intents.yaml", "  other:", "  rest:", "the intent 'other' with always_review"),
        ("intents.yaml", "refund: -1.5", "refund: 0", "a weight of 0 says nothing"),
        ("intents.yaml", "refund: -1.5", "how much: 1", "'how much' stands twice"),
        ("intents.yaml", "accept_at: 0.6", "accept_at: 60", "not a number from 0 to 1"),
        ("intents.yaml", "reviewer: ann", "reviewer: nobody", "unknown person 'nobody'"),
        ("intents.yaml", "pricing:", "Pricing!:", "the intent 'Pricing!' has a name"),
        ("handoffs.yaml", "[email, intent]", "[e-mail]", "did you mean 'email'?"),
    ],
)
def test_a_mistake_anywhere_in_the_book_is_named(
    files: dict[str, str], file: str, old: str, new: str, said: str
) -> None:
    found = problems(bent(files, file, old, new))
    assert said in found


SOURCE = "sources/web.yaml"
HMAC = "{scheme: hmac, secret: web, header: X-Signature}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("source: web", "source: wob", "must stand in sources/wob.yaml"),
        ("{scheme: none}", "{scheme: hmca}", "did you mean 'hmac'?"),
        ("{scheme: none}", "{secret: web}", "verify needs 'scheme'"),
        ("{scheme: none}", "{scheme: hmac, secret: web}", "verify (hmac) needs 'header'"),
        ("{scheme: none}", "{scheme: standard}", "verify (standard) needs 'secret'"),
        ("{scheme: none}", "{scheme: none, secret: web}", "unknown setting of verify (none)"),
        ("{scheme: none}", HMAC[:-1] + ", algorithm: md5}", "unknown algorithm 'md5'"),
        ("{scheme: none}", HMAC[:-1] + ', signed: "{bdy}"}', "must hold {body}"),
        ("{scheme: none}", HMAC[:-1] + ', signed: "{timestamp}.{body}"}', "'timestamp_header'"),
        ("{scheme: none}", HMAC + "\ndedupe: {header: X-Id}", "not part of what is signed"),
        ("{scheme: none}", "{scheme: none}\ndedupe: {}", "either 'header' or 'path'"),
        ("rate_per_minute: 60", "rate_per_minute: 0", "needs rate_per_minute above 0"),
        ("rate_per_minute: 60", "only: {a: [b], c: [d]}", "only takes one path"),
        ("email: [email", "mail: [email", "did you mean 'email'?"),
        ("contact.mail", "contact..mail", "'contact..mail' is not a path"),
        ("contact.mail", '"a[type=email"', "is not a path"),
        ("required: [email]", "required: [phone]", "'phone' is required, but map gives it no path"),
        ("form.kind: contact", "form.knd: contact", "did you mean 'form.kind'?"),
    ],
)
def test_a_source_that_could_not_work_is_named(
    files: dict[str, str], old: str, new: str, said: str
) -> None:
    assert said in problems(bent(files, SOURCE, old, new))


def test_examples_that_come_out_otherwise_are_named(files: dict[str, str]) -> None:
    examples = (
        "{pool: desk}\n    examples:\n"
        "      matches: [{country: no}, {country: SE}, {}]\n"
        "      misses: [{country: NO}, {country: DK}]"
    )
    found = problems(bent(files, ROUTES, "{pool: desk}", examples))
    assert ":9:32: this example of 'nordic' should match, but misses" in found
    assert ":9:47: this example of 'nordic' should match, but is unknown" in found
    assert ":10:16: this example of 'nordic' should miss, but matches" in found
    assert found.count("this example") == 3


def test_a_rule_behind_one_that_takes_everything_is_never_reached(files: dict[str, str]) -> None:
    more = files["90-fallback.yaml"].split("rules:\n")[1].replace("id: rest", "id: late")
    found = problems(files | {"90-fallback.yaml": files["90-fallback.yaml"] + more})
    assert (
        "90-fallback.yaml:8:5: the rule 'late' is never reached: 'rest' takes every lead" in found
    )


def test_a_guard_cannot_ask_for_what_only_the_classifier_tells(files: dict[str, str]) -> None:
    guard = files[ROUTES].replace("phase: routes", "phase: guards")
    guard = guard.replace("country: NO", "intent: pricing").replace("nordic", "early")
    assert "'intent' is not known yet" in problems(files | {"10-guards.yaml": guard})


def test_of_a_very_long_line_only_the_part_around_the_mistake_is_shown(
    files: dict[str, str],
) -> None:
    name = "x" * 5000
    found = problems(
        files | {"book.yaml": f"{{name: {name}, fallback_owner: nobody, default_sla: a}}"}
    )
    assert "fallback_owner: nobody" in found
    assert max(map(len, found.splitlines())) < 140


def test_half_a_surrogate_is_not_text(files: dict[str, str]) -> None:
    assert "lists/rivals.txt:2:1: this line is not UTF-8" in problems(
        files | {"lists/rivals.txt": "a\n\ud800\n"}
    )
