"""Every setting, in one class. Only this module reads the environment.

``LEAD_ROUTER_<NAME>`` sets a field. ``LEAD_ROUTER_SECRET_<NAME>`` holds a secret of a source or a
destination; several live ones are separated by spaces, so that a secret can be rotated.
"""

import os
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from router.errors import Misconfigured

_PREFIX = "LEAD_ROUTER_"


class DestinationSettings(BaseModel):
    """Where one kind of outgoing message goes. Hosts are allowed here, never in ``rules/``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(default="webhook", description="Name of the destination plug-in.")
    url: str = Field(description="Address that receives the messages (http or https).")
    secret: str = Field(
        default="", description="Name of the secret that signs: LEAD_ROUTER_SECRET_<NAME>."
    )
    allow_private: bool = Field(
        default=False, description="Allow an address in a private or loopback network."
    )
    events: tuple[str, ...] = Field(
        default=(), description="Message types it receives, e.g. handoff.offered; empty means all."
    )
    in_flight: int = Field(default=4, ge=1, le=64, description="Calls under way at once.")
    timeout_s: float = Field(default=10.0, gt=0, le=60, description="Seconds one call may take.")
    per_second: float | None = Field(
        default=None,
        gt=0,
        le=10_000,
        description="Most calls a second, over all workers; unset means no limit.",
    )
    burst: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="Calls that may follow one another at once after a rest, where per_second is"
        " set; unset means one second's worth. With less, fewer leave: a worker that finds no call"
        " left comes back about a second later.",
    )


class Settings(BaseSettings):
    """What this process was told by its environment."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_file=None, extra="ignore")

    home: Path = Field(default=Path("~/.lead-router"), description="Data folder.")
    host: str = Field(default="127.0.0.1", description="Address the web process binds.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port the web process binds.")
    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL to use; unset means the embedded one of `up`."
    )
    redis_url: SecretStr | None = Field(
        default=None, description="Redis or Valkey to use; unset means the embedded one of `up`."
    )
    rules: Path | None = Field(
        default=None, description="The rule book's folder; unset means the shipped one."
    )
    book: str = Field(default="default", description="Which rule book this process serves.")
    classifier: str = Field(default="cues", description="Name of the classifier plug-in.")
    default_region: str = Field(
        default="GB", description="Country assumed for a phone number that names none (ISO 3166)."
    )
    destinations: dict[str, DestinationSettings] = Field(
        default_factory=dict, description="Outgoing destinations by name, as JSON."
    )
    batch: int = Field(default=100, ge=1, le=500, description="Leads claimed in one transaction.")
    ticket_deadline_s: float = Field(
        default=20.0, gt=0, description="Seconds a batch may take before its ticket counts as lost."
    )
    max_attempts: int = Field(
        default=3, ge=1, description="Attempts after which a lead is parked and shown."
    )
    lease_s: float = Field(
        default=60.0, gt=0, description="Seconds an action is leased to the worker that sends it."
    )
    deliver_attempts: int = Field(
        default=12, ge=1, description="Attempts after which an action is parked and shown."
    )
    retry_base_s: float = Field(
        default=5.0, gt=0, description="First pause before an action is tried again, in seconds."
    )
    wait_s: float = Field(
        default=2.0, gt=0, description="Longest a caller of ?wait=owner waits, in seconds."
    )
    intake_backlog: int = Field(
        default=5000, ge=1, description="Requests waiting for a commit before intake answers 503."
    )
    now_shift_s: float = Field(
        default=0.0, description="Rehearsal only: seconds added to this process's time."
    )
    log_json: bool = Field(default=False, description="Log JSON lines even on a terminal.")

    def home_path(self) -> Path:
        """Return the data folder, absolute, with ``~`` resolved; it may not exist yet."""
        return self.home.expanduser().absolute()

    def secrets(self, name: str) -> tuple[SecretStr, ...]:
        """Return the live secrets of a source or destination, newest first; empty if unset.

        Args:
            name: The name the source or destination uses, e.g. ``typeform``.
        """
        raw = os.environ.get(secret_variable(name), "")  # noqa: TID251 - as the module says
        return tuple(SecretStr(part) for part in raw.split())


@lru_cache(maxsize=256)
def secret_variable(name: str) -> str:
    """Return the environment variable that holds the secret called ``name``.

    >>> secret_variable("standard-eu")
    'LEAD_ROUTER_SECRET_STANDARD_EU'
    """
    return f"{_PREFIX}SECRET_{name.upper().replace('-', '_')}"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return this process's settings, read once.

    Raises:
        Misconfigured: A variable has a value that cannot be used; the text names it.
    """
    try:
        return Settings()
    except ValueError as error:
        raise Misconfigured(f"A {_PREFIX}* environment variable cannot be used: {error}") from error
