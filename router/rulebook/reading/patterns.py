"""Patterns of ``matches``: RE2, which answers in time however a pattern or a message is made."""

from functools import lru_cache

import re2

#: Longest pattern, in bytes of UTF-8.
MAX_PATTERN = 512
#: What one compiled pattern may take, in bytes.
_MEMORY = 1 << 20


@lru_cache(maxsize=4096)
def pattern_problem(pattern: str) -> str:
    """Say why a pattern cannot be used, in RE2's own words; "" when it can.

    >>> pattern_problem("head of (sales|data)")
    ''
    >>> pattern_problem("(sales")
    'missing ): (sales'
    >>> pattern_problem("(?=sales)")
    'invalid perl operator: (?='

    Args:
        pattern: As it was written.
    """
    size = len(pattern.encode("utf-8", "replace"))
    if size > MAX_PATTERN:
        return f"it has {size} bytes, more than {MAX_PATTERN}"
    options = re2.Options()
    options.case_sensitive = False
    # RE2 would write the reason to standard error as well.
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    return ""
