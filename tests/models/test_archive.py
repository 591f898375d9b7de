"""Arrays of a model file are read as they were written, and nothing larger than the file is believed."""

import io
import tracemalloc
import zipfile

import numpy as np
import pytest

from gtzan_features.models.archive import npz, read_npz

ARRAYS = {
    "floats": np.linspace(0, 1, 12).reshape(3, 4),
    "columns first": np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3)),
    "none": np.empty((0, 5), np.float32),
    "one": np.array(3.5),
    "words": np.array(["rock", "jazz é"]),
    "records": np.zeros(3, np.dtype([("a", "<f8"), ("b", "<i2")])),
}


def test_arrays_come_back_and_numpy_reads_them_too():
    content = npz(ARRAYS)
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        for found in (read_npz(content), dict(archive)):
            assert list(found) == sorted(ARRAYS)
            for name, array in ARRAYS.items():
                np.testing.assert_array_equal(found[name], array, strict=True)


def member(array, *, extra=b""):
    out = io.BytesIO()
    np.lib.format.write_array(out, np.asarray(array))
    return out.getvalue() + extra


def header(shape, descr="<f8"):
    """Of an array that is not there."""
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": descr, "fortran_order": False, "shape": shape})
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        bytes(100 << 20),
        member(np.zeros(100 << 17)),
        bytes(60 << 20),
        header((1 << 40,)),
        header((1 << 40, 1 << 40, 1 << 40)),
        header((4,)) + bytes(31),
        member([1.0], extra=b"1"),
        header((4,), "|O") + bytes(32),
        b"\x93NUMPY\x09\x00" + bytes(100),
        b"",
    ],
    ids=[
        "zeros beyond the bound",
        "an array beyond the bound",
        "zeros",
        "larger than memory",
        "larger than any number",
        "shorter",
        "longer",
        "objects",
        "another format",
        "empty",
    ],
)
def test_what_is_no_array_costs_no_memory(content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("weights.npy", content)
    del content
    tracemalloc.start()
    try:
        with pytest.raises((ValueError, OSError)):
            read_npz(out.getvalue())
        assert tracemalloc.get_traced_memory()[1] < (1 << 20) + 2 * out.tell()
    finally:
        tracemalloc.stop()
