from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest

from gtzan_features.rounding import decimals, percent, points


@pytest.mark.parametrize("of", [3, 7, 40, 80, 127, 200, 290, 389, 698, 948, 1000, 2000, 9990])
def test_a_share_is_rounded_from_its_exact_value_whether_it_comes_as_float_or_as_counts(of):
    for count in range(0, of + 1, max(1, of // 400)):
        exact = Fraction(100 * count, of)
        tenths = int(exact * 10 + Fraction(1, 2))  # half up, without any float
        wanted = f"{tenths // 10}.{tenths % 10}"
        assert percent(count / of) == percent(count, of) == wanted, (count, of)


@pytest.mark.parametrize("value", [0.05, 0.15, 2.675, 73.35, 83.75, -2.5, 1e-12, 12345678.25])
@pytest.mark.parametrize("places", [0, 1, 2, 3])
def test_numbers_are_rounded_as_by_pencil(value, places):
    wanted = Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    assert Decimal(decimals(value, places)) == wanted
    assert not decimals(value, places).startswith("-0.0") or wanted != 0


def test_points_have_a_sign_and_no_negative_zero():
    assert [points(x) for x in (0.0, -0.0, 1e-9, -1e-9, 0.5, -0.0125)] == [
        "+0.0",
        "+0.0",
        "+0.0",
        "+0.0",
        "+50.0",
        "-1.3",
    ]
