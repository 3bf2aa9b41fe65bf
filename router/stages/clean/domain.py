"""Domains: which of them is one company's own, by the list of public suffixes.

The list comes with its package; nothing is asked of the network.
"""

from functools import lru_cache

from publicsuffixlist import PublicSuffixList

from router.stages.clean.email import company_host

#: Sites on which everybody may have a page: as a website they say nothing of who somebody is.
_SHARED = frozenset(
    """
    about.me amazon.com amazon.co.uk amazon.de bit.ly carrd.co crunchbase.com ebay.com etsy.com
    facebook.com fb.com fb.me github.com gitlab.com google.com goo.gl instagram.com kununu.com
    linkedin.com linktr.ee lnkd.in medium.com pinterest.com reddit.com
    substack.com t.me telegram.me threads.net tiktok.com tripadvisor.com twitter.com vimeo.com
    wa.me whatsapp.com wikipedia.org x.com xing.com yelp.com youtu.be youtube.com
    """.split()
)


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    # Read when the first account is looked for: it takes a tenth of a second.
    return PublicSuffixList()


@lru_cache(maxsize=16384)
def own_domain(host: str) -> str:
    """Return the domain that somebody registered, if it may be one company's own.

    >>> own_domain("mail.sales.northwind.co.uk"), own_domain("Northwind.example")
    ('northwind.co.uk', 'northwind.example')
    >>> own_domain("co.uk"), own_domain("gmail.com"), own_domain("one two")
    ('', '', '')

    Args:
        host: A host or a domain, in any case, also with letters beyond ASCII.

    Returns:
        The domain in ASCII (IDNA), lower case. Empty for a public suffix, below which strangers
        live (``co.uk``, ``github.io``), for a provider of free or throw-away mail, and for what is
        no domain.
    """
    ascii_host = company_host(host)
    domain = (_suffixes().privatesuffix(ascii_host) or "") if ascii_host else ""
    return company_host(domain) if domain else ""


def is_shared_site(domain: str) -> bool:
    """Return whether everybody may have a page there, so that a website there tells nothing.

    >>> is_shared_site("linkedin.com"), is_shared_site("northwind.example")
    (True, False)
    """
    return domain in _SHARED
