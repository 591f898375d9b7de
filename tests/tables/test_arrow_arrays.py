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


@pytest.mark.parametrize("values", [[2**15], np.array([2**15])], ids=["list", "array"])
def test_what_a_type_does_not_hold_is_refused(values):
    with pytest.raises((OverflowError, pa.ArrowInvalid)):
        array_of(values, pa.int16())
