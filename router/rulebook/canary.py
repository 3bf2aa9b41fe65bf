"""Which leads a canary decides, and when it has strayed too far from the active version. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from uuid import UUID

from router.errors import Rejected
from router.rulebook.policy import Band

#: Share of leads, in percent, that means all of them.
ALL = 100.0
#: A hash of eight bytes lies below this.
_TOP = float(1 << 64)


@dataclass(frozen=True, slots=True)
class Terms:
    """Which new leads a canary decides.

    Without forms, campaigns and teams it is ``percent`` of all leads; with them it is ``percent``
    of the leads that come from one of these forms, or of one of these campaigns, or that the
    active version would give to one of these teams.
    """

    #: More than 0, at most 100.
    percent: float = ALL
    #: Form ids and kinds of forms.
    forms: tuple[str, ...] = ()
    #: Values of ``utm.campaign``.
    campaigns: tuple[str, ...] = ()
    #: Pools of the active version.
    teams: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return what is stored of it.

        >>> Terms(10.0, teams=("uk",)).as_json()
        {'percent': 10.0, 'forms': [], 'campaigns': [], 'teams': ['uk']}
        """
        return {
            "percent": self.percent,
            "forms": list(self.forms),
            "campaigns": list(self.campaigns),
            "teams": list(self.teams),
        }

    def words(self) -> str:
        """Say it in words, for people.

        >>> Terms(10.0).words()
        '10% of all leads'
        >>> Terms(forms=("demo",), teams=("uk",)).words()
        'all leads of form demo or team uk'
        """
        whom = [
            f"{word} {name}"
            for word, names in (
                ("form", self.forms),
                ("campaign", self.campaigns),
                ("team", self.teams),
            )
            for name in names
        ]
        share = "all leads" if self.percent >= ALL else f"{self.percent:g}% of the leads"
        if not whom:
            return "all leads" if self.percent >= ALL else f"{self.percent:g}% of all leads"
        return f"{share} of {' or '.join(whom)}"


def terms_from(stored: Mapping[str, object]) -> Terms:
    """Read terms back; what is absent means everybody.

    >>> terms_from({"percent": 5, "forms": ["demo"]})
    Terms(percent=5.0, forms=('demo',), campaigns=(), teams=())

    Args:
        stored: As :meth:`Terms.as_json` gave it.

    Raises:
        Rejected: The percentage is no share of the leads.
    """
    percent = stored.get("percent", ALL)
    if not isinstance(percent, int | float) or isinstance(percent, bool) or not 0 < percent <= ALL:
        raise Rejected(
            f"A canary cannot have {percent!r} percent of the leads. Give more than 0 and at most"
            " 100, or end it with `lead-router rules canary off`.",
            code="no_share",
        )
    forms, campaigns, teams = (_names(stored, key) for key in ("forms", "campaigns", "teams"))
    return Terms(float(percent), forms, campaigns, teams)


def serves(  # noqa: PLR0913 - what the choice rests on
    terms: Terms,
    digest: str,
    lead_id: UUID,
    *,
    form_id: str = "",
    form_kind: str = "",
    campaign: str = "",
) -> bool:
    """Return whether a canary decides a new lead, as far as that is known when it comes in.

    The same lead always gets the same answer from the same version, and a higher percentage only
    adds leads. Leads of a team are not known yet: see :func:`pilots`.

    Args:
        terms: Of the canary.
        digest: Of the canary.
        lead_id: The lead.
        form_id: The form it came from; may be empty.
        form_kind: What that form is for; may be empty.
        campaign: Its ``utm.campaign``; may be empty.
    """
    if terms.forms or terms.campaigns:
        named = _has(terms.forms, form_id, form_kind) or _has(terms.campaigns, campaign)
    else:
        named = not terms.teams
    return named and falls_within(terms.percent, digest, lead_id)


def pilots(terms: Terms, digest: str, lead_id: UUID, pool: str) -> bool:
    """Return whether a canary decides a lead that the active version gives to this pool.

    Args:
        terms: Of the canary.
        digest: Of the canary.
        lead_id: The lead.
        pool: Id of a pool of the active version.
    """
    return pool in terms.teams and falls_within(terms.percent, digest, lead_id)


def falls_within(percent: float, digest: str, lead_id: UUID) -> bool:
    """Return whether a lead is among this share of all leads, for this version.

    >>> falls_within(100.0, "abc", UUID(int=1)), falls_within(0.0, "abc", UUID(int=1))
    (True, False)

    Args:
        percent: 0 to 100.
        digest: Makes the share of every version another one.
        lead_id: The lead.
    """
    found = hashlib.blake2b(lead_id.bytes, digest_size=8, key=digest.encode()[:64]).digest()
    return percent >= ALL or int.from_bytes(found, "big") / _TOP < percent / ALL


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the leads that a version decided."""

    #: Leads with a first decision: routed, refused, asked about or parked.
    decided: int = 0
    #: Of them: a person was asked.
    review: int = 0
    #: No rule but the fallback took it.
    fallback: int = 0
    #: Nobody in the pool could take it.
    no_pool: int = 0
    #: It changed hands because its owner declined or let the time pass.
    reassign: int = 0
    #: A rule refused it.
    reject: int = 0
    #: Our program failed on it again and again.
    parked: int = 0

    def rate(self, name: str) -> float:
        """Return a count as a share of the decided leads (0..1).

        >>> Tally(decided=4, review=1).rate("review"), Tally().rate("review")
        (0.25, 0.0)
        """
        count: int = getattr(self, name)
        return count / self.decided if self.decided else 0.0


@dataclass(frozen=True, slots=True)
class Stray:
    """A rate of a canary that lies above its band."""

    #: One of :data:`RATES`.
    rate: str
    canary: float
    active: float
    #: How far above the active version's it may lie.
    band: float

    def words(self) -> str:
        """Say it in words, for people.

        >>> Stray("no_pool", 0.5, 0.1, 0.05).words()
        'no pool 50.0%, active version 10.0%, allowed 5.0 points more'
        """
        name = self.rate.replace("_", " ")
        return (
            f"{name} {self.canary:.1%}, active version {self.active:.1%}, allowed"
            f" {self.band * 100:.1f} points more"
        )


#: The rates that are compared.
RATES = tuple(each.name for each in fields(Tally) if each.name != "decided")


def strays(band: Band, canary: Tally, active: Tally) -> tuple[Stray, ...]:
    """Return the rates by which a canary has strayed too far; none while it has decided too few.

    >>> found = strays(Band(least=10), Tally(10, review=5), Tally(90, review=9))
    >>> [(each.rate, each.canary, each.active) for each in found]
    [('review', 0.5, 0.1)]
    >>> strays(Band(least=50), Tally(10, review=10), Tally(90))
    ()

    Args:
        band: Of the active version.
        canary: The canary's leads since it began.
        active: The active version's leads of the same time.
    """
    if canary.decided < max(band.least, 1):
        return ()
    found = (
        Stray(name, canary.rate(name), active.rate(name), float(getattr(band, name)))
        for name in RATES
    )
    return tuple(each for each in found if each.canary > each.active + each.band)


def _names(stored: Mapping[str, object], key: str) -> tuple[str, ...]:
    names = stored.get(key, ())
    return tuple(str(name) for name in names) if isinstance(names, list | tuple) else ()


def _has(names: tuple[str, ...], *found: str) -> bool:
    wanted = {name.strip().casefold() for name in names}
    return any(each and each.strip().casefold() in wanted for each in found)
