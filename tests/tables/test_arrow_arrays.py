"""Arrow's arrays made of bytes are those of ``pyarrow.array``."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtzan_features.tables.arrow_arrays import array_of

KINDS = [pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64()]


@given(st.lists(st.text(st.characters(codec="utf-8"))))
def test_text(values):
    found = array_of(values, pa.string())
    found.validate(full=True)
    assert found.equals(pa.array(values, pa.string()))


@pytest.mark.parametrize("kind", KINDS, ids=str)
@given(values=st.lists(st.integers(-(2**15), 2**15 - 1)))
def test_numbers(kind, values):
    expected = pa.array(values, kind)
    wide = np.repeat(np.array(values, dtype=np.int64), 2)[::2]  # not contiguous
    for given_values in (values, wide, np.array(values, dtype=kind.to_pandas_dtype())):
        found = array_of(given_values, kind)
        found.validate(full=True)
        assert found.equals(expected)


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()], ids=str)
@given(values=st.lists(st.floats(-1e30, 1e30) | st.sampled_from([np.nan, np.inf, -0.0])))
def test_floating_point_is_rounded_and_may_be_no_number(kind, values):
    given_values = np.array(values, dtype=np.float64)
    expected = pa.array(given_values, kind)
    found = array_of(given_values, kind)
    assert (
        found.buffers()[1].to_pybytes()[: found.nbytes] == expected.buffers()[1].to_pybytes()[: found.nbytes]
    )


@pytest.mark.parametrize("values", [[2**15], np.array([2**15])], ids=["list", "array"])
def test_what_a_type_does_not_hold_is_refused(values):
    with pytest.raises((OverflowError, pa.ArrowInvalid)):
        array_of(values, pa.int16())
