"""How far a lead reaches: the pools that may be asked, and the skills that it asks for. Pure."""

from collections.abc import Mapping

from router.lead.facts import Facts
from router.lead.model import Lead
from router.rulebook.model import NobodyPolicy, Pool
from router.stages.route.choose import Need


def overflow_of(pool: Pool, pools: Mapping[str, Pool]) -> tuple[str, ...]:
    """Return the pools behind a pool, in the order in which they are asked, each once.

    Args:
        pool: The pool; itself is not among them.
        pools: All pools of the book.
    """
    found: dict[str, None] = {}
    waiting = list(pool.overflow)
    while waiting:
        name = waiting.pop(0)
        if name in found or name == pool.id or name not in pools:
            continue
        found[name] = None
        if pools[name].nobody is NobodyPolicy.OVERFLOW:
            waiting.extend(pools[name].overflow)
    return tuple(found)


def asked_with(pool: Pool, pools: Mapping[str, Pool]) -> tuple[Pool, ...]:
    """Return every pool that may be asked when a lead is given to this one, itself first.

    Args:
        pool: Where the rules send the lead.
        pools: All pools of the book.
    """
    reached = (pool, *(pools[name] for name in overflow_of(pool, pools)))
    groups = (pools[group.pool] for each in reached for group in each.groups)
    return tuple({each.id: each for each in (*reached, *groups)}.values())


def needs_of(pool: Pool, lead: Lead, facts: Facts) -> tuple[Need, ...]:
    """Return the skills that a lead asks for in a pool.

    Args:
        pool: Says which, and for how long.
        lead: When it was received counts.
        facts: Of the lead; one that is unknown asks for nothing.
    """
    found = []
    for skill in pool.skills:
        value = facts.get(skill.fact) if skill.fact else skill.name
        until = None if skill.drop_after is None else lead.received_at + skill.drop_after
        values = value if isinstance(value, tuple) else (value,)
        found += [Need(str(each).casefold(), until) for each in values if each not in ("", None)]
    return tuple(found)
