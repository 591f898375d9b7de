"""Every column of every row that can be computed from the real tracks, against the Kaggle CSVs."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import sets

SEGMENT = 66_150

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def computed(real_material):
    """Rows of the 70 WAV tracks, named as in the CSVs."""
    config, rows = FeatureConfig(), {}
    for path in sorted((real_material / "audio").rglob("*.wav")):
        signal, _ = soundfile.read(path, dtype="float32")
        parts = {path.name: signal}
        for i in range(10):
            if SEGMENT * (i + 1) < len(signal):
                parts[f"{path.stem}.{i}{path.suffix}"] = signal[SEGMENT * i : SEGMENT * i + SEGMENT - 1]
        rows.update(zip(parts, sets.compute(list(parts.values()), config), strict=True))
    return pd.DataFrame.from_dict(rows, orient="index", columns=[c.name for c in sets.columns(config)])


@pytest.mark.parametrize(("name", "n_rows"), [("features_30_sec.csv", 70), ("features_3_sec.csv", 698)])
def test_values_equal_the_kaggle_csv(computed, real_material, name, n_rows):
    table = pd.read_csv(real_material / "features" / name).set_index("filename")[list(computed.columns)]
    shared = table.index.intersection(computed.index)
    assert len(shared) == n_rows
    difference = (computed.loc[shared] - table.loc[shared]).abs() / table.std()
    worst = difference.max().sort_values(ascending=False)
    assert worst.iloc[0] < 5e-4, f"largest differences in standard deviations:\n{worst.head()}"
    assert (difference.to_numpy() < 1e-5).mean() > 0.99
    np.testing.assert_allclose(computed.loc[shared, "tempo"], table.loc[shared, "tempo"], rtol=1e-12)
