"""Plug-ins by name: built-in ones first, others from installed packages, only when named."""

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest
from pydantic import SecretStr

from router.errors import Misconfigured
from router.plugins import registry
from router.plugins.destinations.webhook import Webhook
from router.plugins.kinds import Enquiry
from router.rulebook.model import Taxonomy
from router.settings import DestinationSettings

Install = Callable[[str, str], None]

CODE = """
    from router.plugins.kinds import Suggestion

    made = 0

    class Parrot:
        name, version = "parrot", "1"

        def __init__(self, taxonomy):
            global made
            made += 1
            self.taxonomy = taxonomy

        def suggest(self, enquiry):
            return Suggestion("other", 0.0, "", "", enquiry.text, (), (), (), self.name, "1")

    class Pigeon:
        def __init__(self, name, url, secrets, *, allow_private):
            self.name = name
            self.given = (url, len(secrets), allow_private)

        def send(self, message, deadline_s):
            raise NotImplementedError

        def close(self):
            self.given = ()
"""


def taxonomy() -> Taxonomy:
    return Taxonomy((), {}, {}, {}, 0.8, 0.1, "ada", timedelta(hours=4))


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a package that offers entry points; it is gone after the test."""

    def put(package: str, offers: str) -> None:
        module = package.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(dedent(CODE), encoding="utf-8")
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: {package}\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(dedent(offers), encoding="utf-8")
        monkeypatch.delitem(sys.modules, module, raising=False)

    monkeypatch.syspath_prepend(str(tmp_path))
    return put


def test_the_webhook_is_built_in() -> None:
    settings = DestinationSettings(url="https://crm.northwind.example/")
    destination = registry.destination("crm", settings, ())
    assert isinstance(destination, Webhook)
    assert destination.name == "crm"
    destination.close()


def test_an_installed_classifier_is_found_by_name_and_made_once_per_taxonomy(
    install: Install,
) -> None:
    install("router-parrot", "[lead_router.classifiers]\nparrot = router_parrot:Parrot\n")
    assert "router_parrot" not in sys.modules
    assert "parrot" in registry.known(registry.CLASSIFIERS)
    assert "router_parrot" not in sys.modules
    one, other = taxonomy(), taxonomy()
    first = registry.classifier("parrot", one)
    assert first is registry.classifier("parrot", one)
    assert first is not registry.classifier("parrot", other)
    assert first.suggest(Enquiry("1", "hello", {}, "digest")).summary == "hello"
    assert sys.modules["router_parrot"].made == 2


def test_an_old_taxonomys_classifier_is_forgotten_in_the_end(install: Install) -> None:
    install("router-parrot", "[lead_router.classifiers]\nparrot = router_parrot:Parrot\n")
    old = taxonomy()
    first = registry.classifier("parrot", old)
    for _ in range(50):
        registry.classifier("parrot", taxonomy())
    assert registry.classifier("parrot", old) is not first


def test_an_installed_destination_is_given_its_settings(install: Install) -> None:
    install("router-pigeon", "[lead_router.destinations]\npigeon = router_pigeon:Pigeon\n")
    settings = DestinationSettings(
        kind="pigeon",
        url="https://crm.northwind.example/",
        secret="crm",  # noqa: S106 - a secret's name
        allow_private=True,
    )
    pigeon = registry.destination("loft", settings, (SecretStr("a"), SecretStr("b")))
    assert pigeon.name == "loft"
    assert vars(pigeon)["given"] == ("https://crm.northwind.example/", 2, True)


def test_a_package_cannot_replace_a_built_in_one(install: Install) -> None:
    install("router-impostor", "[lead_router.destinations]\nwebhook = router_impostor:Pigeon\n")
    settings = DestinationSettings(url="https://crm.northwind.example/")
    destination = registry.destination("crm", settings, ())
    assert isinstance(destination, Webhook)
    destination.close()
    assert "router_impostor" not in sys.modules


def test_an_unknown_name_is_answered_with_the_nearest_and_the_known() -> None:
    settings = DestinationSettings(kind="webhok", url="https://crm.northwind.example/")
    with pytest.raises(Misconfigured, match=r"Did you mean 'webhook'\? Known: .*webhook"):
        registry.destination("crm", settings, ())
    with pytest.raises(Misconfigured, match=r"no plug-in 'zzz' in .* Known: .*cues"):
        registry.classifier("zzz", taxonomy())


@pytest.mark.parametrize("value", ["router_broken:Nothing", "router_nowhere:Pigeon"])
def test_what_cannot_be_loaded_is_said_with_its_place(install: Install, value: str) -> None:
    install("router-broken", f"[lead_router.destinations]\nbroken = {value}\n")
    settings = DestinationSettings(kind="broken", url="https://crm.northwind.example/")
    with pytest.raises(Misconfigured, match=rf"'broken' \({value}\) cannot be loaded"):
        registry.destination("crm", settings, ())


def test_two_packages_with_the_same_name_are_refused(install: Install) -> None:
    install("router-one", "[lead_router.destinations]\npigeon = router_one:Pigeon\n")
    install("router-two", "[lead_router.destinations]\npigeon = router_two:Pigeon\n")
    settings = DestinationSettings(kind="pigeon", url="https://crm.northwind.example/")
    with pytest.raises(Misconfigured, match="router_one:Pigeon, router_two:Pigeon"):
        registry.destination("crm", settings, ())


def test_a_secret_that_is_named_but_not_set_is_refused() -> None:
    settings = DestinationSettings(
        url="https://crm.northwind.example/",
        secret="crm-eu",  # noqa: S106 - a secret's name
    )
    with pytest.raises(Misconfigured, match="set LEAD_ROUTER_SECRET_CRM_EU"):
        registry.destination("crm", settings, ())
