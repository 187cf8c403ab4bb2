"""Amounts of quota resources as people read them: "2h 35m 10s", "1.75 MiB"."""

from __future__ import annotations

from reana_db.records import ResourceUnit

_BYTE_UNITS = ("Bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")
_STEP = 1024


def human_readable(unit: ResourceUnit, amount: int) -> str:
    """Return an amount in its unit for people, rounded as REANA shows it.

    Negative amounts keep their sign; nothing is "0s" and "0 Bytes".
    """
    return duration(amount) if unit is ResourceUnit.milliseconds else size(amount)


def duration(milliseconds: int) -> str:
    """Return milliseconds as hours, minutes and whole seconds, without those that are zero."""
    seconds = abs(milliseconds) // 1000
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    text = " ".join(f"{count}{unit}" for count, unit in parts if count)
    return f"-{text}" if text and milliseconds < 0 else text or "0s"


def size(bytes_: int) -> str:
    """Return bytes in the largest binary unit that leaves at least one, with two decimals."""
    power = 0
    while abs(bytes_) >= _STEP ** (power + 1) and power + 1 < len(_BYTE_UNITS):
        power += 1
    amount = round(bytes_ / _STEP**power, 2)
    return f"{int(amount) if amount.is_integer() else amount} {_BYTE_UNITS[power]}"
