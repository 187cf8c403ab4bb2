"""Amounts as people read them."""

from __future__ import annotations

import pytest

from reana_db.errors import InvalidArgument
from reana_db.records import ResourceUnit
from reana_db.units import amount, human_readable


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0s"),
        (999, "0s"),
        (1000, "1s"),
        (9_310_000, "2h 35m 10s"),
        (7_200_000, "2h"),
        (60_000, "1m"),
        (-61_000, "-1m 1s"),
        (-1, "0s"),
        (5_000_000_000_000, "1388888h 53m 20s"),
    ],
)
def test_milliseconds(milliseconds: int, text: str) -> None:
    assert human_readable(ResourceUnit.milliseconds, milliseconds) == text


@pytest.mark.parametrize(
    ("bytes_", "text"),
    [
        (0, "0 Bytes"),
        (1, "1 Bytes"),
        (1023, "1023 Bytes"),
        (1024, "1 KiB"),
        (1_835_008, "1.75 MiB"),
        (181_000_543, "172.62 MiB"),
        (-1536, "-1.5 KiB"),
        (5_000_000_000_000, "4.55 TiB"),
        (1024**5, "1 PiB"),
        (2**63 - 1, "8 EiB"),
        (1024**9, "1024 YiB"),
    ],
)
def test_bytes(bytes_: int, text: str) -> None:
    assert human_readable(ResourceUnit.bytes_, bytes_) == text


@pytest.mark.parametrize(
    ("unit", "text", "number"),
    [
        (ResourceUnit.milliseconds, "10h", 36_000_000),
        (ResourceUnit.milliseconds, "2h 35m 10s", 9_310_000),
        (ResourceUnit.milliseconds, "1.5d", 129_600_000),
        (ResourceUnit.milliseconds, "250 ms", 250),
        (ResourceUnit.milliseconds, "7", 7),
        (ResourceUnit.bytes_, "100GB", 100 * 1000**3),
        (ResourceUnit.bytes_, "1.5TiB", 3 * 2**39),
        (ResourceUnit.bytes_, "1.75 MiB", 1_835_008),
        (ResourceUnit.bytes_, "12 Bytes", 12),
        (ResourceUnit.bytes_, "0", 0),
    ],
)
def test_an_amount_is_read_as_it_is_written(unit: ResourceUnit, text: str, number: int) -> None:
    assert amount(unit, text) == number


@pytest.mark.parametrize("unit", ResourceUnit)
@pytest.mark.parametrize("text", ["", "-1", "ten", "10x", "1 2", "1e3", "9999999999999999999", "."])
def test_what_is_no_amount_is_refused(unit: ResourceUnit, text: str) -> None:
    with pytest.raises(InvalidArgument):
        amount(unit, text)
