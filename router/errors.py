"""Everything that can go wrong, sorted by what happens next.

The class tells the runner what to do; the message tells a person what happened, to which id, and
what to do about it. A subclass's docstring is its default message.
"""


class LeadRouterError(Exception):
    """Something went wrong in lead-router."""

    def __init__(self, message: str | None = None) -> None:
        """Keep the message; without one, the class's docstring speaks.

        Args:
            message: What happened, to which id, and what to do next.
        """
        super().__init__(message or (self.__doc__ or "").strip())


class Transient(LeadRouterError):
    """A passing fault: try again later with backoff; nothing is lost."""


class Permanent(LeadRouterError):
    """Trying again cannot help: park it and show it to the operator."""


class DataFault(Permanent):
    """A row can never be stored as it is; the other rows of its batch are not to blame."""


class Rejected(LeadRouterError):
    """The sender's input cannot be used; tell the sender what to change."""

    def __init__(self, message: str, *, status: int = 422, code: str = "rejected") -> None:
        """Keep what the sender must hear.

        Args:
            message: What is wrong and how to fix it, without secrets or personal data.
            status: HTTP status that fits (400, 401, 404, 413, 415, 422, 429, 503).
            code: Stable machine word for the kind of refusal, for problem+json ``type``.
        """
        super().__init__(message)
        self.status = status
        self.code = code


class TooMuch(Transient):
    """A batch was larger than the server can lock at once: take it in smaller parts."""


class Slow(Transient):
    """The other side asks for patience: try again after the time it named."""

    def __init__(self, message: str, *, after_s: float) -> None:
        """Keep when to come back.

        Args:
            message: What was asked and answered.
            after_s: Seconds to wait, already clamped to what we accept.
        """
        super().__init__(message)
        self.after_s = after_s


class Conflict(LeadRouterError):
    """Somebody was faster: reload and look before trying again."""


class NotFound(LeadRouterError):
    """There is nothing with that id."""


class Misconfigured(LeadRouterError):
    """A setting or the rule book is wrong: fix it as the message says, then start again."""


class BookError(Misconfigured):
    """The rule book has errors; all of them are listed, each with its place."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Keep every problem found, so that one reading fixes all.

        Args:
            problems: One text per problem, ``file:line:column: what is wrong``.
        """
        super().__init__("\n".join(problems))
        self.problems = problems
