"""Amounts of quota resources as people read them: "2h 35m 10s", "1.75 MiB"."""

from __future__ import annotations

import re
from decimal import Decimal

from reana_db.errors import InvalidArgument
from reana_db.records import ResourceUnit

_BYTE_UNITS = ("Bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")
_STEP = 1024
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_SIZES = {
    "b": 1,
    "bytes": 1,
    **{f"{prefix}b": 1000 ** (power + 1) for power, prefix in enumerate("kmgtpe")},
    **{f"{prefix}ib": 1024 ** (power + 1) for power, prefix in enumerate("kmgtpe")},
}
_PART = re.compile(r"\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[a-z]*)", re.IGNORECASE)
_LARGEST = 2**63 - 1


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


def amount(unit: ResourceUnit, text: str) -> int:
    """Return what a person wrote, in the unit: "10h", "2h 35m", "100GB", "1.5 TiB".

    Times have ms, s, m, h and d; sizes kB to EB of 1000 and KiB to EiB of 1024; a number alone is
    in milliseconds or bytes.  Raises InvalidArgument.
    """
    factors = _MILLISECONDS if unit is ResourceUnit.milliseconds else _SIZES
    parts = list(_PART.finditer(text.strip()))
    if not parts or "".join(part[0] for part in parts) != text.strip():
        raise InvalidArgument(_RULES[unit].format(text))
    total = Decimal(0)
    for part in parts:
        factor = factors.get(part["unit"].lower(), 0 if part["unit"] or len(parts) > 1 else 1)
        if not factor:
            raise InvalidArgument(_RULES[unit].format(text))
        total += Decimal(part["number"]) * factor
    if total > _LARGEST:
        raise InvalidArgument(f"{text!r:.80} is more than fits: {human_readable(unit, _LARGEST)}")
    return int(total)


_RULES = {
    ResourceUnit.milliseconds: "{!r:.80} is no time: write 10h, 2h 30m, 45s or milliseconds",
    ResourceUnit.bytes_: "{!r:.80} is no size: write 100GB, 1.5TiB, 500MiB or bytes",
}
