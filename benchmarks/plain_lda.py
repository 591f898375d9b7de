"""What a plain script does in the place of ``gtzan fit lda --segments 3s``, for `training.py` to time.

python benchmarks/plain_lda.py CSV SPLIT [calibrated]

CSV is Kaggle's, SPLIT the split.csv of a run. Prints the share of tracks that are right by the mean of their
rows' probabilities. `calibrated` adds what the command does: a temperature on three inner folds of tracks.
"""

import sys

import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import GroupKFold, PredefinedSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer


class Calibrated(CalibratedClassifierCV):
    """Calibrated on inner folds that keep tracks whole, which scikit-learn's `fit` alone does not know of."""

    def fit(self, X: pd.DataFrame, y: pd.Series) -> "Calibrated":
        """Fit on rows whose index is their track."""
        self.cv = list(GroupKFold(3).split(X, y, X.index))
        return super().fit(X, y)


rows = pd.read_csv(sys.argv[1])
tracks = rows["filename"].str.extract(r"^(\w+\.\d+)", expand=False)
X, y = rows.drop(columns=["filename", "length", "label"]).set_index(tracks), rows["label"]
folds = PredefinedSplit(tracks.map(pd.read_csv(sys.argv[2]).set_index("track_id")["fold"]))
model = make_pipeline(
    QuantileTransformer(n_quantiles=200, output_distribution="normal"),
    LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
)
if sys.argv[3:] == ["calibrated"]:
    model = Calibrated(model, method="temperature", ensemble=False)
p = cross_val_predict(model, X, y, cv=folds, method="predict_proba", n_jobs=-1)
found = (
    pd.DataFrame(p, index=tracks.to_numpy(), columns=sorted(set(y))).groupby(level=0).mean().idxmax(axis=1)
)
print((found == y.groupby(tracks.to_numpy()).first()).mean())
