"""Finds plug-ins by name: the built-in ones first, then those of installed packages.

A package offers a plug-in as an entry point in the group ``lead_router.classifiers`` or
``lead_router.destinations``. Its value is a callable with the same parameters as the built-in ones:
``Cues(taxonomy)`` and ``Webhook(name, url, secrets, allow_private=...)``. It is loaded only when
the settings name it: being installed is not being enabled.
"""

import difflib
import threading
from collections import OrderedDict
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, cast

from pydantic import SecretStr

from router.errors import Misconfigured
from router.plugins.kinds import Classifier, Destination
from router.rulebook.model import Taxonomy
from router.settings import DestinationSettings, secret_variable

CLASSIFIERS = "lead_router.classifiers"
"""Entry point group of the classifiers."""
DESTINATIONS = "lead_router.destinations"
"""Entry point group of the destinations."""

_BUILT_IN = {
    CLASSIFIERS: {"cues": "router.plugins.classifiers.cues:Cues"},
    DESTINATIONS: {"webhook": "router.plugins.destinations.webhook:Webhook"},
}
_KEPT = 16


class ClassifierFactory(Protocol):
    """What an entry point in ``lead_router.classifiers`` must be."""

    def __call__(self, taxonomy: Taxonomy, /) -> Classifier:
        """Make a classifier that may say what the taxonomy holds."""
        ...


class DestinationFactory(Protocol):
    """What an entry point in ``lead_router.destinations`` must be."""

    def __call__(
        self, name: str, url: str, secrets: tuple[SecretStr, ...], *, allow_private: bool
    ) -> Destination:
        """Make a destination that sends to ``url``."""
        ...


_lock = threading.Lock()
# By name and identity of the taxonomy (it holds mappings, so it has no hash). The taxonomy is kept
# with its classifier, so that its identity cannot pass to another one.
_classifiers: OrderedDict[tuple[str, int], tuple[Taxonomy, Classifier]] = OrderedDict()


def known(group: str) -> tuple[str, ...]:
    """Return the names that can be used in a group, sorted; nothing is loaded.

    Args:
        group: ``CLASSIFIERS`` or ``DESTINATIONS``.
    """
    return tuple(sorted({*_BUILT_IN.get(group, {}), *entry_points(group=group).names}))


def classifier(name: str, taxonomy: Taxonomy) -> Classifier:
    """Return the classifier called ``name`` for one book's labels.

    The same taxonomy object gets the same classifier again, from any thread, since preparing one
    may be slow.

    Args:
        name: Name from the settings, e.g. ``cues``.
        taxonomy: The labels of the book. Must not change afterwards.

    Raises:
        Misconfigured: There is no such classifier, or it cannot be loaded.
    """
    key = (name, id(taxonomy))
    with _lock:
        if key not in _classifiers:
            factory = cast("ClassifierFactory", _load(CLASSIFIERS, name))
            _classifiers[key] = (taxonomy, factory(taxonomy))
        _classifiers.move_to_end(key)
        while len(_classifiers) > _KEPT:
            _classifiers.popitem(last=False)
        return _classifiers[key][1]


def destination(
    name: str, settings: DestinationSettings, secrets: tuple[SecretStr, ...]
) -> Destination:
    """Make the destination called ``name``; the caller keeps it, and closes it at the end.

    Make it in the process that sends: connections must not be shared over a fork.

    Args:
        name: The destination's own name in the settings, e.g. ``crm``.
        settings: Which plug-in it is, and where it sends.
        secrets: The live secrets that ``settings.secret`` names.

    Raises:
        Misconfigured: There is no such plug-in, it cannot be loaded, or the settings do not fit it;
            also when a secret is named but not set: nothing is sent unsigned by mistake.
    """
    if settings.secret and not secrets:
        raise Misconfigured(
            f"Destination {name} signs with the secret {settings.secret!r}, which is not set: "
            f"set {secret_variable(settings.secret)}."
        )
    factory = cast("DestinationFactory", _load(DESTINATIONS, settings.kind))
    return factory(name, settings.url, secrets, allow_private=settings.allow_private)


def _load(group: str, name: str) -> object:
    """Import what a name stands for."""
    entry = _find(group, name)
    try:
        return entry.load()
    except (ImportError, AttributeError) as error:
        raise Misconfigured(
            f"The plug-in {name!r} ({entry.value}) cannot be loaded: {error}. "
            "Install its package again, or name another plug-in in the settings."
        ) from error


def _find(group: str, name: str) -> EntryPoint:
    """Return the entry point a name stands for; a built-in one cannot be replaced."""
    built_in = _BUILT_IN[group].get(name)
    if built_in is not None:
        return EntryPoint(name=name, value=built_in, group=group)
    # A package found twice on the path is one offer; two values are two.
    offers = {entry.value: entry for entry in entry_points(group=group, name=name)}
    if len(offers) > 1:
        raise Misconfigured(
            f"Several installed packages offer the plug-in {name!r}: {', '.join(sorted(offers))}. "
            "Uninstall all but one."
        )
    if not offers:
        names = known(group)
        close = difflib.get_close_matches(name, names, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise Misconfigured(
            f"There is no plug-in {name!r} in {group}.{hint} Known: {', '.join(names)}."
        )
    return next(iter(offers.values()))
