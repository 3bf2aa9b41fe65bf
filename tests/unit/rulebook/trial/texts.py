"""The files of a book with something to try: a guard, two routes, settings, and tests."""

from collections.abc import Callable, Mapping

from router.rulebook.model import RuleBook

#: Makes the book with some files changed; an empty file is left out.
Make = Callable[[Mapping[str, str]], RuleBook]

ROUTES = """\
phase: routes
rules:
  - id: big
    summary: Large companies.
    steward: ops@northwind.example
    when: {company_size: {gte: 1000}}
    then: {person: ann, sla: quick}
    examples: {matches: [{company_size: 1000}], misses: [{company_size: 999}]}
  - id: nordic
    summary: Norway and Sweden.
    steward: ops@northwind.example
    when: {country: [NO, SE]}
    then: {pool: desk}
    examples: {matches: [{country: NO}, {country: SE}], misses: [{country: DE}]}
"""
GUARDS = """\
phase: guards
rules:
  - id: junk
    summary: A program sent it.
    steward: ops@northwind.example
    when: {form.honeypot: {missing: false}}
    then: {reject: spam}
    examples: {matches: [{form.honeypot: x}], misses: [{country: NO}]}
"""
ENRICH = """\
phase: enrich
rules:
  - id: paid
    summary: A campaign brought it.
    steward: ops@northwind.example
    when: {utm.medium: cpc}
    then: {tags: [paid], priority: high}
    examples: {matches: [{utm.medium: cpc}], misses: [{utm.medium: email}]}
"""
SLA = """\
ladders:
  usual: [warn: 0.8, escalate: 1.0]
policies:
  standard:
    acceptance: {target: 15m, ladder: usual}
    first_touch: {target: 1d, ladder: usual}
  quick:
    acceptance: {target: 5m, ladder: usual}
    first_touch: {target: 1h, ladder: usual}
"""
#: Everything that the rules above do, and every boundary: no edit of them goes unnoticed.
CASES = """\
- {name: junk, lead: {form.honeypot: x, company_size: 2000}, expect: {rule: junk, reject: spam}}
- name: size first
  lead: {company_size: 1000, country: NO}
  expect: {rule: big, person: ann, sla: quick}
- {name: nordic, lead: {country: NO}, expect: {rule: nordic, pool: desk, not: [big]}}
- name: rest
  lead: {country: DE, utm.medium: cpc}
  expect: {rule: rest, queue: triage, priority: high, tags: [paid]}
"""
INVARIANTS = """\
- name: no junk reaches a person
  when: {form.honeypot: {missing: false}}
  never: [{person: "*"}, {pool: "*"}]
- name: Norway is ours
  when: {country: NO, form.honeypot: {missing: true}}
  always: [{pool: desk}, {person: ann}]
"""
