"""Companies: a name to compare by, a bare host, and a number of employees."""

import re
from functools import lru_cache

from router.stages.clean.text import fold, tidy

#: Legal forms and generic words that say nothing of who a company is, folded.
_FORMS = frozenset(
    form
    for form in """
    limited; ltd; ltd co; co ltd; llc; llp; lp; plc; inc; incorporated; corp; corporation; co;
    company; and co; and company; cic; dac; ulc; pbc; pllc;
    gmbh; ggmbh; mbh; gmbh and co kg; gmbh and co; ag; ag and co kg; kg; kgaa; ohg; gbr; ug;
    haftungsbeschrankt; ug haftungsbeschrankt; ev; eg; eu; ek; aktiengesellschaft; se; scs;
    sa; sas; sasu; sarl; sa rl; eurl; sci; snc; sca; sl; slu; sau; srl; srls; spa; sapa; bv; nv;
    vof; cv; bvba; sprl; ab; as; asa; aps; oy; oyj; hf; ehf; kft; zrt; nyrt; bt; doo; dd; ad; ood;
    eood; sro; spol s r o; spol sro; s r o; sp z oo; sp zoo; spolka z oo; sp j; sp k; z oo;
    ooo; oao; zao; pao; tov; \u043e\u043e\u043e; \u043e\u0430\u043e; \u0437\u0430\u043e;
    \u043f\u0430\u043e; \u0430\u043e; sia; uab; ou; pvt; pvt ltd; private; private limited; pty;
    pty ltd; proprietary; pte; pte ltd; sdn bhd; bhd; pt; tbk; kk; gk; kabushiki kaisha;
    godo kaisha; ltda; eireli; sa de cv; s de rl de cv; s de rl; sapi de cv; as ve tic;
    ltd sti; san ve tic; fze; fzco; fz llc; wll; pjsc; psc; ae; epe; ike
    """.replace("\n", " ").split(";")
    for form in [" ".join(form.split())]
    if form
)
#: Forms that are also written in front of the name.
_LEADING = frozenset(
    "ab oy pt cv pp as ooo oao zao pao uab sia the \u043e\u043e\u043e \u043e\u0430\u043e "
    "\u0437\u0430\u043e \u043f\u0430\u043e \u0430\u043e".split()
)
#: East Asian forms, which stand without a space.
_ATTACHED = re.compile(
    "\u682a\u5f0f\u4f1a\u793e|\u6709\u9650\u4f1a\u793e|\u5408\u540c\u4f1a\u793e"
    "|\u80a1\u4efd\u6709\u9650\u516c\u53f8|\u6709\u9650\u516c\u53f8|\u6709\u9650\u8d23\u4efb\u516c\u53f8"
    "|\uc8fc\uc2dd\ud68c\uc0ac"
)
_LONGEST_FORM = 5
_LONGEST_HOST = 253

_HOST = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[^\W_](?:[\w-]{0,61}[^\W_])?)+")
_NUMBER = re.compile(r"(\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+|\d{1,9})(\s?k\b)?", re.IGNORECASE)
_BELOW = re.compile(
    r"<|less than|fewer than|under|up to|below|weniger als|bis zu|moins de", re.IGNORECASE
)
_ALONE = frozenset({"just me", "only me", "self employed", "selfemployed", "freelancer", "solo"})
_LARGEST = 10_000_000


@lru_cache(maxsize=8192)
def company_key(name: str) -> str:
    """Return what two spellings of one company have in common: folded, without legal form.

    >>> company_key("Northwind Traders GmbH & Co. KG"), company_key("NORTHWIND TRADERS, Ltd.")
    ('northwind traders', 'northwind traders')
    >>> company_key("AB Volvo"), company_key("Co")
    ('volvo', 'co')

    Args:
        name: Company as typed; anything is allowed.

    Returns:
        The key; empty when the name holds neither letter nor digit.
    """
    folded = fold(tidy(name))
    bare = " ".join(_ATTACHED.sub(" ", folded).split()) or folded
    words = bare.split()
    while len(words) > 1:
        if words[0] in _LEADING:
            words = words[1:]
            continue
        size = _form_at_end(words)
        if not size:
            break
        words = words[:-size]
    return " ".join(words)


def _form_at_end(words: list[str]) -> int:
    for size in range(min(_LONGEST_FORM, len(words) - 1), 0, -1):
        if " ".join(words[-size:]) in _FORMS:
            return size
    return 0


def read_website(text: str) -> str:
    """Return the bare host of a website, lower case, without ``www.``; empty if there is none.

    >>> read_website("HTTPS://www.Northwind.example:443/about?x=1")
    'northwind.example'
    >>> read_website("none yet")
    ''
    """
    rest = tidy(text).lower()
    rest = rest.partition("://")[2] if "://" in rest else rest
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    host = host.strip(". ")
    while host.startswith("www.") and host.count(".") > 1:
        host = host.removeprefix("www.")
    return host if len(host) <= _LONGEST_HOST and _HOST.fullmatch(host) else ""


@lru_cache(maxsize=1024)
def read_company_size(text: str) -> int | None:
    """Return the number of employees that a form's answer speaks of, at its lower end.

    >>> [read_company_size(text) for text in ("51-200", "1,000+", "200 people", "10k+", "<10")]
    [51, 1000, 200, 10000, 1]
    >>> read_company_size("many") is None
    True
    """
    line = tidy(text)
    if fold(line) in _ALONE:
        return 1
    found = _NUMBER.search(line)
    if not found:
        return None
    if _BELOW.search(line[: found.start()]):
        return 1
    digits = int(re.sub(r"\D", "", found[1])) * (1000 if found[2] else 1)
    return digits if digits <= _LARGEST else None
