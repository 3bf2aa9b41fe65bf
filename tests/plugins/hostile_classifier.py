"""A plug-in as bad as they come: it kills its process, hangs, or raises when a text says so."""

import itertools
import os
import signal

from router.plugins.classifiers.cues import Cues
from router.plugins.kinds import Enquiry, Suggestion
from router.rulebook.model import Taxonomy

KILLS = "xyzzy-kill"
HANGS = "xyzzy-hang"
RAISES = "xyzzy-raise"


class Hostile:
    """Judges as the built-in classifier does, until a text holds one of the words above."""

    name = "hostile"

    def __init__(self, taxonomy: Taxonomy) -> None:
        """Wrap the built-in one.

        Args:
            taxonomy: The labels of the book.
        """
        self._cues = Cues(taxonomy)
        self.version = self._cues.version

    def suggest(self, enquiry: Enquiry) -> Suggestion:
        """Judge one inquiry, or do what it says."""
        if KILLS in enquiry.text:
            os.kill(os.getpid(), signal.SIGKILL)
        if HANGS in enquiry.text:
            for _ in itertools.count():
                continue
        if RAISES in enquiry.text:
            raise RuntimeError(RAISES)
        return self._cues.suggest(enquiry)
