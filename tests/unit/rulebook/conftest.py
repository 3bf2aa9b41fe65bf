"""A book as small as one can be, to be bent by the tests."""

import pytest

_FILES = {
    "book.yaml": "name: Small\nfallback_owner: ann\ndefault_sla: standard\n",
    "calendars.yaml": "week: {zone: Europe/London, hours: Mo-Fr 09:00-17:00}\n",
    "teams.yaml": """\
people:
  ann: {name: Ann, email: ann@northwind.example, calendar: week}
  bob: {name: Bob, email: bob@northwind.example, calendar: week, manager: ann}
pools:
  desk: {role: sales, manager: ann, members: [ann, {person: bob, weight: 3}]}
queues:
  triage: {role: sales, accountable: ann, calendar: week}
""",
    "sla.yaml": """\
ladders:
  usual: [warn: 0.8, escalate: 1.0]
policies:
  standard:
    acceptance: {target: 15m, ladder: usual}
    first_touch: {target: 1d, ladder: usual}
""",
    "intents.yaml": """\
reviewer: ann
review_within: 2h
accept_at: 0.6
margin: 0.1
intents:
  pricing: {summary: Asks for a price., cues: {"How  much": 2, refund: -1.5}}
  other: {summary: Anything else., always_review: true}
services:
  analytics: [Dashboards]
""",
    "handoffs.yaml": """\
sales: {objective: Help., needs: [email, intent], next_action: Call.}
""",
    "20-routes.yaml": """\
phase: routes
rules:
  - id: nordic
    summary: Norway.
    steward: ops@northwind.example
    when: {country: NO}
    then: {pool: desk}
""",
    "90-fallback.yaml": """\
phase: fallback
rules:
  - id: rest
    summary: What is left.
    steward: ops@northwind.example
    when: {}
    then: {queue: triage}
""",
    "lists/rivals.txt": "# remark\nRival.example\n\nother.example # another remark\n",
    "sources/web.yaml": """\
source: web
summary: A form.
steward: ops@northwind.example
verify: {scheme: none}
map: {email: [email, contact.mail], answers.budget: budget}
constants: {form.kind: contact}
required: [email]
rate_per_minute: 60
""",
}


@pytest.fixture
def files() -> dict[str, str]:
    """Give a sound book, path to text; the test may change it."""
    return dict(_FILES)
