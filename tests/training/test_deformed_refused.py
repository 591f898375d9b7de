"""Training on rows of deformed copies: tables that do not go together, and rows that are missing."""

from __future__ import annotations

import dataclasses

import pytest
from click.testing import CliRunner
from gtzan_cli.main import cli

import gtzan_features as gf
from gtzan_features.audio.deform import ROBUST
from gtzan_features.errors import ModelError, TableError
from gtzan_features.models.registry import model_spec
from gtzan_features.models.spec import FEATURES, SPECTROGRAMS
from gtzan_features.tables import memory
from gtzan_features.tables.feature_tables import augmented_folder, table_path
from gtzan_features.tables.file_status import FILE_NAME, FileStatus
from gtzan_features.tables.status_table import write_status
from gtzan_features.training.augmented_rows import DEFORMED, extra_rows, split_kinds
from gtzan_features.training.load_rows import open_fittable
from gtzan_features.training.prepare_fit import prepare_fit
from tests.conftest import make_spectrograms, make_table, save_spectrograms, save_table
from tests.training.deformed import NAMES, config, deformed_table


def of_other_version(table):
    made_by = {**table.meta.deformation, "fingerprint": "0" * 12}
    return dataclasses.replace(table, meta=dataclasses.replace(table.meta, deformation=made_by))


def of_unknown_origin(table):
    return dataclasses.replace(table, meta=dataclasses.replace(table.meta, deformation={}))


def of_other_options(table):
    return dataclasses.replace(table, meta=dataclasses.replace(table.meta, feature_fingerprint="0" * 12))


def of_other_music(table):
    frame = table.frame.assign(track_id="other/" + table.frame["track_id"])
    return dataclasses.replace(table, frame=frame)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (of_other_version, "another version of this program deformed the audio with noise-10"),
        (of_unknown_origin, "no table of audio with noise-10 that this program made"),
        (of_other_options, "computed differently from the table to fit"),
        (of_other_music, "it is of other music"),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_tables_that_do_not_go_together_are_refused_in_a_line(deformed, change, reason):
    table = change(deformed_table(make_table(3, 12, 2), "noise-10"))
    save_table(augmented_folder(deformed, "noise-10"), table)
    done = CliRunner().invoke(cli, ["fit", "lda", "--tables", str(deformed), "--augment", "noise-10"])
    (line,) = str(done.exception).splitlines()
    assert reason in line
    if change is not of_other_music:
        assert f"--out {deformed} --deformed noise-10" in line


def test_missing_tables_are_all_named_with_the_command_that_makes_them(deformed):
    with pytest.raises(TableError) as told:
        prepare_fit(deformed, config(augment=("noise-10", "mp3-64", "room"), feature_set="kaggle:timbre"))
    said = str(told.value)
    assert "no table of audio with mp3-64, room. Make them: gtzan features extract AUDIO_DIR --feat" in said
    assert "--features kaggle --segments 3s " in said
    assert "--deformed mp3-64,room (and --labels, if it was given before)" in said
    table = gf.read_table(table_path(deformed, "kaggle", "3s"))
    call = r'gf.extract\(AUDIO_DIR, features="kaggle", segments="3s", out=".*", deformed="mp3-64"\) \(and'
    with pytest.raises(TableError, match=call):
        gf.evaluate("lda", table, protocol="track", augment="mp3-64")


def test_deformed_rows_of_other_files_are_refused(deformed):
    table = make_table(3, 12, 2)
    tracks = sorted(set(table.frame["track_id"]))

    def status(sha):
        return [
            FileStatus(track_id=t, genre="g", path=t, status="ok", reason="", sha256=sha(t), n_samples=1,
                       source_sr=1, source_channels=1)
            for t in tracks
        ]  # fmt: skip

    write_status(deformed / FILE_NAME, status(lambda t: t))
    for kind in NAMES:
        write_status(augmented_folder(deformed, kind) / FILE_NAME, status(lambda t: t))
    prepare_fit(deformed, config())
    changed = tracks[7]
    write_status(
        augmented_folder(deformed, "gain+6") / FILE_NAME, status(lambda t: "new" if t == changed else t)
    )
    with pytest.raises(TableError, match=f"made of other audio .*: 1 track, such as {changed}"):
        prepare_fit(deformed, config())


def test_copies_that_no_memory_holds_are_refused_before_they_are_read(deformed, monkeypatch):
    opened = open_fittable(deformed, "kaggle", "3s")
    one = memory.needed_bytes(table_path(deformed, "kaggle", "3s"))
    monkeypatch.setattr(memory, "available_bytes", lambda: 2 * one)
    assert len(extra_rows(deformed, opened.table, NAMES)) == 2
    monkeypatch.setattr(memory, "available_bytes", lambda: 2 * one - 1)
    with pytest.raises(TableError, match="a fit on it and 1 more of copies takes"):
        extra_rows(deformed, opened.table, NAMES)


def test_words_that_do_not_go_with_the_rows_are_refused(tmp_path):
    lda, cnn = model_spec("lda"), model_spec("cnn")
    with pytest.raises(ModelError, match="no augmentation 'noise-5'; there are .*noise-10.*robust"):
        split_kinds(("noise-5",), lda, FEATURES)
    with pytest.raises(ModelError, match="noise-10: for features only. On spectrograms cnn takes time-mask"):
        split_kinds(("noise-10",), cnn, SPECTROGRAMS)
    assert split_kinds(("robust",), lda, FEATURES) == ((), tuple(one for one in DEFORMED if one in ROBUST))
    save_spectrograms(tmp_path, make_spectrograms())
    with pytest.raises(ModelError, match="for features only"):
        prepare_fit(tmp_path, config("cnn"))


def test_rows_that_a_deformation_lacks_are_left_out_and_tracks_are_counted(deformed):
    """Of a faster track, the last segment is missing; of a short one, all."""
    table = deformed_table(make_table(3, 12, 2), "speed+3")
    frame = table.frame
    gone = (frame["segment"] == 1) | (frame["track_id"] == "genre0/track03")
    save_table(
        augmented_folder(deformed, "speed+3"),
        dataclasses.replace(table, frame=frame[~gone].reset_index(drop=True)),
    )
    prepared = prepare_fit(deformed, config(augment=("speed+3",)))
    (extra,) = prepared.job.extra
    assert len(extra.X) == 35
    keys = prepared.plan.opened.table.frame
    assert set(keys["segment"].iloc[extra.source]) == {0}
    assert prepared.notes == ("speed+3: 1 of 36 tracks has no row of audio with it",)
