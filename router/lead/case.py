"""A lead while it is being worked on in a batch: the lead, and what was asked about it."""

from dataclasses import dataclass

from router.lead.decision import Reroute
from router.lead.model import Lead, Owner


@dataclass(slots=True)
class Case:
    """One lead on the road. Only the runner changes it, after a decision was recorded."""

    lead: Lead
    #: Set while another owner is being found for a lead that had one.
    reroute: Reroute | None = None
    #: Who had it before the reroute.
    previous: Owner | None = None
