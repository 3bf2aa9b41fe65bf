"""The shape of what ``doctor`` finds."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is."""

    OK = "OK"
    #: Worth a look; nothing is broken.
    WARN = "WARN"
    #: Something does not work, or the promise does not hold.
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    #: What was looked at, in one or two words.
    about: str
    #: What was found, and what to do about it.
    text: str
