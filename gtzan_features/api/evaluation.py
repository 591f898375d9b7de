"""How well models do on music that they were not trained on: honest by default, marked where it is not."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gtzan_features.api.asked import Asked, Division, asked_fit
from gtzan_features.api.evaluation_result import EvaluationResult, check_result
from gtzan_features.api.given import given_words
from gtzan_features.api.label_result import LabelsResult, compare_label_results
from gtzan_features.api.showing import showing, warn
from gtzan_features.api.table import check_table
from gtzan_features.api.words import speaks_python
from gtzan_features.errors import ConfigError, ModelError
from gtzan_features.evaluation.comparison import holm
from gtzan_features.reporting.compare import compare_scored, sentence_of
from gtzan_features.reporting.label_run_report import report_of_labels
from gtzan_features.reporting.run_report import RunReport
from gtzan_features.reports.collect import labelled, score_runs
from gtzan_features.reports.paired import with_correction
from gtzan_features.tables.run_folder import Run
from gtzan_features.training.fit import train_tested
from gtzan_features.training.prepare_fit import prepare_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gtzan_features.api.showing import ShowProgress
    from gtzan_features.api.table import Table
    from gtzan_features.evaluation.aggregate import Method
    from gtzan_features.training.prepare_fit import PreparedFit


@speaks_python
def evaluate(
    model: Any,  # noqa: ANN401 - a name, or whatever scikit-learn calls a classifier
    table: Table,
    *,
    protocol: Any = "artist",  # noqa: ANN401 - a name, or a splitter
    folds: int | None = None,
    fold: int | None = None,
    holdout: float | None = None,
    min_tracks: int = 0,
    evaluate_on: str = "test",
    train_on: str = "train",
    seed: int = 0,
    augment: str | Sequence[str] = (),
    final: bool = False,
    allow_leak: bool = False,
    n_jobs: int = -1,
    progress: ShowProgress = None,
    **settings: Any,  # noqa: ANN401
) -> EvaluationResult:
    """Train and test a model fold by fold on tracks that it was not trained on.

    It is what ``gtzan fit`` does, with the same figures to the last digit; nothing is written.

    Parameters
    ----------
    model : str or classifier
        A name of ``gtzan fit --list``, or a scikit-learn classifier or pipeline that was not fitted. Each
        fold fits a clone of it on rows and genre numbers (0, 1, … in the order of the names). Every
        ``random_state`` in it that is None is set to `seed`; its ``fit`` gets the track of each row where it
        takes ``groups``. One without ``predict_proba`` gets probabilities from its ``decision_function`` by
        one temperature that is fitted on inner folds of tracks; one without both is refused.
    table : Table
        From `extract` or `read_table`.
    protocol : str or splitter
        "artist" (no artist in two folds), "track" (no track), "fault-filtered" and "stratified" (published
        splits of GTZAN), or "segment" (leaked; needs `allow_leak`). Or a splitter: one of ours, such as
        ``gf.ArtistKFold(3)``, which is the protocol of that name, its seed that of the model too; or any `cv`
        of scikit-learn whose test parts do not overlap; it gets ``table.artists`` as groups.
    folds : int, optional
        Number of folds of "artist" (3), "track" (10) and "segment" (5).
    fold : int, optional
        Test this fold only, from 1.
    holdout : float, optional
        One random test part with this share of the tracks in the place of folds.
    min_tracks : int
        Leave out genres with fewer tracks.
    evaluate_on : {"test", "valid"}
        The part that is tested, where the protocol has a validation part.
    train_on : {"train", "train+valid"}
        Whether the validation part is trained on, too.
    seed : int
        Of the folds and of the model.
    augment : str or sequence of str
        Learn from augmented copies of the training tracks, too: "robust", or names of deformations, such as
        "noise-20", of which `extract` made tables with ``deformed``; kinds of ``gtzan data augment``; on
        spectrograms "time-mask", "frequency-mask", "mixup" and "cutmix". Tested are tracks as they are.
    final : bool
        Whether the model that `EvaluationResult.save` keeps is fitted on all tracks where there is one test
        part; under folds it is anyway.
    allow_leak : bool
        Allow divisions that put segments of one track into training and test, to reproduce such figures.
    n_jobs : int
        Worker processes, one task per fold; -1 for one per processor. The numbers do not depend on it.
    progress : bool or callable, optional
        Whether a bar is drawn; where not given, in a terminal and in a notebook. A callable gets
        ``(done, total, what)``.
    **settings
        Settings of a model by name: ``C=10``.

    Returns
    -------
    EvaluationResult
        Of a table whose tracks may have several labels a `LabelsResult`: average precision, and precision and
        recall of each label.

    Raises
    ------
    ModelError
        If there is no such model or setting, the estimator is no classifier, or it cannot be fitted.
    SplitError
        If the tracks cannot be divided like this, or the division is leaked and not allowed.
    ConfigError
        If there is no such protocol, or arguments exclude each other.
    TableError
        If a table of augmented copies is missing, or does not go with this one.

    Warns
    -----
    GtzanWarning
        Of what the tracks did not allow, such as fewer folds than usual.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.naive_bayes import GaussianNB
    >>> import gtzan_features as gf
    >>> genres = np.repeat(["jazz", "rock"], 8)
    >>> frame = pd.DataFrame({"track_id": [f"{g}/{i}" for i, g in enumerate(genres)], "genre": genres})
    >>> frame["tempo"] = np.where(genres == "rock", 120.0, 90.0) + np.arange(16)
    >>> table = gf.read_table(frame, segments="30s")
    >>> gf.evaluate(GaussianNB(), table, protocol="track", folds=4, n_jobs=1).accuracy
    1.0
    >>> gf.evaluate("knn", table, protocol="segment", n_jobs=1)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    gtzan_features.errors.SplitError: segment puts segments of one track (or copies of it) into both ...
    """
    check_table(table)
    division = Division(folds, fold, holdout, min_tracks, evaluate_on, train_on, seed)
    asked = asked_fit(
        model,
        settings,
        table,
        protocol,
        division,
        final=final,
        allow_leak=allow_leak,
        augment=given_words(augment),
    )
    prepared = _prepared(table, asked)
    for note in prepared.notes if prepared.plan.keep_model else prepared.notes[:-1]:  # `save` warns of that
        warn(f"{asked.config.split.protocol}, {note}")
    with showing(progress) as shown:
        trained, tested = train_tested(prepared, n_jobs=n_jobs, progress=shown.progress)
    run = Run(
        folder=Path(prepared.manifest.run_id),
        manifest=prepared.manifest,
        predictions=trained.predictions,
        metrics={"train_accuracy": trained.train_accuracy},
    )
    if run.manifest.several_labels:
        return LabelsResult(report_of_labels(run, prepared.notes), prepared, tested)
    (scored,) = score_runs([run])
    return EvaluationResult(RunReport(scored=scored, notes=prepared.notes), prepared, tested)


@speaks_python
def compare(*results: EvaluationResult, aggregation: Method = "mean") -> pd.DataFrame:
    """Test several results on the same tracks against each other, each pair once.

    Parameters
    ----------
    *results : EvaluationResult
        Two or more, on the same tracks of the same data set.
    aggregation : {"vote", "mean", "log-mean"}
        How segments are gathered to tracks.

    Returns
    -------
    DataFrame
        A row for each pair: ``first``, ``second``, ``tracks``, ``units`` (artists within genres, and tracks
        of unknown artist), ``difference`` (accuracy of the first less that of the second), ``ci_low``,
        ``ci_high`` (95 % bootstrap interval of this pair alone), ``p_value`` (exact, corrected by Holm for
        their number), ``shown`` (whether it is below 0.05) and ``sentence``. Of several labels a track the
        difference is one of average precision, there is no p-value, and an interval that is corrected by
        Bonferroni decides.

    Raises
    ------
    RunError
        If two of them tested other tracks.
    ConfigError
        If there are fewer than two.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> import gtzan_features as gf
    >>> genres = np.repeat(["jazz", "rock"], 8)
    >>> frame = pd.DataFrame({"track_id": [f"{g}/{i}" for i, g in enumerate(genres)], "genre": genres})
    >>> frame["tempo"] = np.where(genres == "rock", 120.0, 90.0) + np.arange(16)
    >>> table = gf.read_table(frame, segments="30s")
    >>> names = ("knn", "logistic-regression", "majority")
    >>> results = [gf.evaluate(name, table, protocol="track", folds=4, n_jobs=1) for name in names]
    >>> found = gf.compare(*results)
    >>> found[["first", "second", "difference", "shown"]]
                     first               second  difference  shown
    0                  knn  logistic-regression         0.0  False
    1                  knn             majority         0.5   True
    2  logistic-regression             majority         0.5   True
    """
    if len(results) < 2:
        msg = f"{len(results)} results: give two or more to compare"
        raise ConfigError(msg)
    for one in results:
        check_result(one)
    if any(isinstance(one, LabelsResult) for one in results):
        return _compared_labels(results, aggregation)
    runs = labelled([one.scored for one in results])
    pairs = list(combinations(runs, 2))
    tested = [compare_scored(a, b, aggregation) for a, b in pairs]
    plain = [found for found, _ in tested]
    corrected = with_correction(plain, holm([one.p_value for one in plain]).tolist(), len(plain))
    rows = [
        {
            "first": a.label,
            "second": b.label,
            "tracks": found.n,
            "units": found.n_units,
            "difference": found.difference,
            "ci_low": found.ci_low,
            "ci_high": found.ci_high,
            "p_value": found.p_value,
            "shown": found.is_shown,
            "sentence": sentence_of(a, b, found, aggregation),
        }
        for (a, b), found in zip(pairs, corrected, strict=True)
    ]
    return pd.DataFrame(rows)


def _compared_labels(results: tuple[EvaluationResult, ...], aggregation: str) -> pd.DataFrame:
    """Compare results of several labels by average precision; intervals decide, corrected by Bonferroni."""
    pairs = list(combinations(results, 2))
    rows = []
    for a, b in pairs:
        found, sentence = compare_label_results(a, b, aggregation=aggregation, n_pairs=len(pairs))
        rows.append(
            {
                "first": a.manifest.model,
                "second": b.manifest.model,
                "tracks": found.n,
                "units": found.n_units,
                "difference": found.difference,
                "ci_low": found.ci_low,
                "ci_high": found.ci_high,
                "p_value": float("nan"),
                "shown": found.is_shown,
                "sentence": sentence,
            }
        )
    return pd.DataFrame(rows)


def _prepared(table: Table, asked: Asked) -> PreparedFit:
    """Prepare a fit that keeps a model; of an estimator that cannot be stored, one that keeps none."""
    config, settings, python = asked.config, asked.settings, asked.python
    where = table.opened.folder
    try:
        return prepare_rows(table.opened, config, settings, python=python, tables_dir=where)
    except ModelError as error:
        if python.estimator is None:
            raise
        bare = prepare_rows(table.opened, config, settings, python=python, keep_model=False, tables_dir=where)
        return replace(bare, notes=(*bare.notes, f"the model is not kept: {error}"))
