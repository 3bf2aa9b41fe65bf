"""Calendar files of fictitious people, as calendars write them."""

from collections.abc import Sequence

#: An entry of the starter book's Tom Keane, out of office.
TOM = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:tom.keane@northwind.example"


def event(uid: str, start: str, end: str, summary: str = "Vacation", *more: str) -> list[str]:
    """Return the lines of one entry.

    Args:
        uid: What the calendar calls it; empty for none.
        start: A value of DTSTART, such as ``20260305T090000Z``; with its parameters before a colon.
        end: The same of DTEND; empty for none.
        summary: What it says.
        more: Further lines.
    """
    lines = ["BEGIN:VEVENT", *([f"UID:{uid}"] if uid else []), _line("DTSTART", start)]
    lines += [_line("DTEND", end)] if end else []
    return [*lines, f"SUMMARY:{summary}", *more, "END:VEVENT"]


def days(uid: str, first: str, after: str, summary: str = "Vacation", *more: str) -> list[str]:
    """Return the lines of an entry of whole days; ``after`` is the day after the last one."""
    return event(uid, f"VALUE=DATE:{first}", f"VALUE=DATE:{after}", summary, *more)


def calendar(*events: Sequence[str], name: str = "Time off") -> bytes:
    """Return a calendar file."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Northwind//Tests//EN"]
    named = [f"X-WR-CALNAME:{name}"] if name else []
    body = [line for lines in events for line in lines]
    return ("\r\n".join([*head, *named, *body, "END:VCALENDAR"]) + "\r\n").encode()


def _line(name: str, value: str) -> str:
    return f"{name};{value}" if "=" in value else f"{name}:{value}"
