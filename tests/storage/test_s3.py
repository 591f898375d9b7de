"""Storage by address, against a server on this machine that speaks as Amazon's S3 does."""

import io
import os
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("moto.server")
pytest.importorskip("s3fs")

import boto3
import s3fs
import soundfile
from moto.server import ThreadedMotoServer

import gtzan_features as gf
from gtzan_features import fetching
from gtzan_features.audio.load import load
from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.errors import AudioDecodeError, CatalogueError, StorageError
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.extraction.merge import merge
from gtzan_features.extraction.shards import Slice
from gtzan_features.storage import inside, location
from gtzan_features.tables.atomic import atomic_path, write_text
from gtzan_features.tables.status_table import read_status
from gtzan_features.training.load_rows import open_fittable
from tests.conftest import SR, tone

NAMES = [
    *("rock/a b.wav", "rock/c#d?e.wav", "rock/50%25 ü.wav", "rock/artist/album/z.wav"),
    *("jazz/a+b&c=d;e.wav", "jazz/é.wav", "jazz/.hidden.wav", "jazz/notes.txt", "__MACOSX/jazz/e.wav"),
]
THREE = ExtractConfig(segments=ExtractConfig().segments[:1])
BUCKET = "music"


def wav(number: int, seconds: float = 3.2) -> bytes:
    content = io.BytesIO()
    soundfile.write(content, tone(seconds, 200 + 20 * number, seed=number), SR, format="WAV")
    return content.getvalue()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with an empty bucket, its address and credentials in the environment; what it is asked."""
    import logging

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    given = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    given["AWS_CONFIG_FILE"] = given["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    given["AWS_EC2_METADATA_DISABLED"] = "true"
    given["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    given["AWS_ENDPOINT_URL"] = f"http://{host}:{port}"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client
        client.close()
    running.stop()


pytestmark = pytest.mark.usefixtures("server")


@pytest.fixture
def put(server):
    """Puts an object into the bucket."""
    return lambda key, content: server.put_object(Bucket=BUCKET, Key=key, Body=content)


@pytest.fixture(scope="module")
def both(server, tmp_path_factory):
    """The same music in the bucket and in a folder, with the tables of the latter."""
    here = tmp_path_factory.mktemp("here") / "odd"
    for number, name in enumerate(NAMES):
        content = wav(number)
        server.put_object(Bucket=BUCKET, Key=f"odd/{name}", Body=content)
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(content)
    server.put_object(Bucket=BUCKET, Key="odd/jazz/", Body=b"")
    extract(here, here.parent / "tables", THREE, n_jobs=1)
    return here, here.parent / "tables"


def keys(server, prefix):
    return [one["Key"] for one in server.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


def test_a_bucket_is_read_as_a_folder_is(server, put, both):
    put("odd/rock/x//y.wav", wav(99))  # a key that no folder can have
    there, here = read_catalogue(location(f"s3://{BUCKET}/odd")), read_catalogue(both[0])
    plain = [track for track in there.tracks if "//" not in track.path]
    assert tuple(plain) == here.tracks
    assert len(there.tracks) == len(plain) + 1
    assert len({track.track_id for track in there.tracks}) == len(there.tracks)
    assert there.passed_over() == here.passed_over()
    assert there.dataset == here.dataset == "odd"
    assert load(inside(there.root, "rock/x//y.wav"), None).n_samples == round(3.2 * SR)
    server.delete_object(Bucket=BUCKET, Key="odd/rock/x//y.wav")


def test_few_requests_list_many_files(put, monkeypatch):
    for number in range(30):
        put(f"many/genre{number % 3}/artist{number}/song.wav", b"x")
    asked = []
    from s3fs import S3FileSystem

    call = S3FileSystem._call_s3

    async def counted(self, method, *args, **kwargs):
        asked.append(method)
        return await call(self, method, *args, **kwargs)

    monkeypatch.setattr(S3FileSystem, "_call_s3", counted)
    assert len(read_catalogue(location(f"s3://{BUCKET}/many")).tracks) == 30
    assert len(asked) <= 8  # the folder, its three folders, and the marker


def test_tables_of_a_bucket_are_those_of_a_folder(server, both):
    tables, out = both[1], location(f"s3://{BUCKET}/tables/a b")
    done = extract(location(f"s3://{BUCKET}/odd"), out, THREE, n_jobs=1)
    assert done.skipped == ()
    assert sorted(keys(server, "tables/")) == ["tables/a b/kaggle-3s.parquet", "tables/a b/status.parquet"]
    for path in sorted(tables.glob("*.parquet")):
        assert (out / path.name).read_bytes() == path.read_bytes(), path.name
    assert (
        gf.read_table(str(out / "kaggle-3s.parquet")).X.shape
        == gf.read_table(tables / "kaggle-3s.parquet").X.shape
    )
    again = extract(location(f"s3://{BUCKET}/odd"), out, THREE, n_jobs=1)
    assert again.n_reused == again.n_files
    with pytest.raises(gf.GtzanError, match="tracks that are not in"):
        extract(
            location(f"s3://{BUCKET}/odd"),
            out,
            THREE,
            n_jobs=1,
            selection=gf.config.Selection(genres=("jazz",)),
        )


@pytest.mark.parametrize(
    ("address", "kind", "words"),
    [
        ("s3://missing-bucket/x", StorageError, "no such file, folder or bucket"),
        ("s3://music/nothing", StorageError, "no such file, folder or bucket"),
        ("s3://empty-bucket", CatalogueError, "no audio"),
        ("s3://BAD!/x", StorageError, "Invalid bucket name"),
    ],
)
def test_what_holds_no_music_is_one_line(server, address, kind, words):
    server.create_bucket(Bucket="empty-bucket")
    with pytest.raises(kind, match=words) as caught:
        read_catalogue(location(address))
    assert "\n" not in str(caught.value)


def test_output_into_no_bucket_is_refused_before_anything_is_computed(both, monkeypatch):
    monkeypatch.setattr(ExtractConfig, "prepare", None)
    with pytest.raises(StorageError, match="bucket"):
        extract(both[0], location("s3://missing-bucket/out"), THREE, n_jobs=1)


def test_a_file_that_went_after_the_listing_is_a_row_of_the_status(server, put):
    for number in range(2):
        put(f"gone/rock/{number}.wav", wav(number))
    catalogue = read_catalogue(location(f"s3://{BUCKET}/gone"))
    server.delete_object(Bucket=BUCKET, Key="gone/rock/0.wav")
    put("gone/rock/1.wav", wav(7))
    out = location(f"s3://{BUCKET}/gone-out")
    extract(catalogue, out, THREE, n_jobs=1)
    status = read_status(out / "status.parquet")
    assert list(status["status"]) == ["corrupt", "ok"]
    assert "no such file" in status["reason"][0]
    import hashlib

    assert status["sha256"][1] == hashlib.sha256(wav(7)).hexdigest()  # of what was decoded


def test_a_file_that_is_replaced_while_it_is_read_is_read_whole(put, monkeypatch):
    put("replaced.wav", wav(1, 2.0))
    monkeypatch.setattr(fetching, "_BLOCK", 1 << 16)
    monkeypatch.setattr(fetching, "_PAUSE_S", 0.0)
    from s3fs.core import S3File

    fetch, times = S3File._fetch_range, []

    def replaced(self, start, end):
        times.append(start)
        if len(times) == 1:
            put("replaced.wav", wav(2, 2.0))
        return fetch(self, start, end)

    monkeypatch.setattr(S3File, "_fetch_range", replaced)
    put("as-it-is-now.wav", wav(2, 2.0))
    found = load(location(f"s3://{BUCKET}/replaced.wav"), None)
    assert found.sha256 == load(location(f"s3://{BUCKET}/as-it-is-now.wav"), None).sha256


def test_an_upload_that_fails_leaves_the_old_object(server, monkeypatch):
    place = location(f"s3://{BUCKET}/upload/a.bin")
    write_text(place, "old")
    from s3fs import S3FileSystem

    call = S3FileSystem._call_s3

    async def failing(self, method, *args, **kwargs):
        if method == "upload_part" and kwargs["PartNumber"] == 2:
            raise PermissionError("Forbidden")
        return await call(self, method, *args, **kwargs)

    monkeypatch.setattr(S3FileSystem, "_call_s3", failing)
    if not hasattr(s3fs.core, "calculate_chunksize"):
        pytest.skip("this s3fs sends up to 100 MB in one piece")
    monkeypatch.setattr("s3fs.core.calculate_chunksize", lambda *_, **__: 5 << 20)
    with pytest.raises(StorageError, match="access denied"), atomic_path(place) as temporary:
        temporary.write_bytes(bytes(12 << 20))
    assert place.read_text() == "old"
    assert keys(server, "upload/") == ["upload/a.bin"]
    assert not server.list_multipart_uploads(Bucket=BUCKET).get("Uploads")
    assert not temporary.exists()


def test_without_credentials_one_line_says_so(monkeypatch):
    from s3fs import S3FileSystem

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    S3FileSystem.clear_instance_cache()
    with pytest.raises(StorageError, match="no credentials were found"):
        read_catalogue(location(f"s3://{BUCKET}/odd"))
    S3FileSystem.clear_instance_cache()


def test_a_command_that_was_killed_goes_on(server, put, tmp_path, monkeypatch):
    """The rows of finished files lie on this machine; the bucket has nothing before it has all."""
    for number in range(4):
        put(f"killed/rock/{number}.wav", wav(number))
    out = f"s3://{BUCKET}/killed-out"
    code = (
        "import sys, time; from gtzan_cli.main import run; from gtzan_features.extraction import row_cache\n"
        "write = row_cache.write_part\n"
        "def slow(*words):\n    write(*words); time.sleep(600)\n"
        "row_cache.write_part = slow\n"
        "run(sys.argv[1:])\n"
    )
    words = ["features", "extract", f"s3://{BUCKET}/killed", "--out", out, "-s", "3s", "-j", "1", "--json"]
    cache = tmp_path / "cache"
    given = os.environ | {"XDG_CACHE_HOME": str(cache), "TMPDIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", code, *words], env=given)
    until = time.monotonic() + 300
    while not list(cache.glob("gtzan/remote/*/.parts/*/*.npz")) and time.monotonic() < until:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not keys(server, "killed-out/")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("gtzan-") and path.is_file()]
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    done = extract(location(f"s3://{BUCKET}/killed"), location(out), THREE, n_jobs=1)
    assert done.n_reused == 1
    whole = location(f"s3://{BUCKET}/whole-out")
    extract(location(f"s3://{BUCKET}/killed"), whole, THREE, n_jobs=1)
    for name in ("kaggle-3s.parquet", "status.parquet"):
        assert (location(out) / name).read_bytes() == (whole / name).read_bytes()


def test_a_file_that_may_not_be_read_costs_its_own_rows(put, monkeypatch):
    put("denied.wav", wav(0))
    from s3fs import S3FileSystem

    async def denied(*_, **__):
        raise PermissionError("Forbidden")

    monkeypatch.setattr(S3FileSystem, "_call_s3", denied)
    with pytest.raises(AudioDecodeError, match="access denied"):
        load(location(f"s3://{BUCKET}/denied.wav"), None)


def test_a_connection_that_breaks_is_tried_again(put, monkeypatch):
    put("flaky.wav", wav(0))
    monkeypatch.setattr(fetching, "_PAUSE_S", 0.0)
    from s3fs.core import S3File

    fetch, times = S3File._fetch_range, []

    def flaky(self, start, end):
        times.append(start)
        if len(times) < 3:
            raise ConnectionResetError("reset")
        return fetch(self, start, end)

    monkeypatch.setattr(S3File, "_fetch_range", flaky)
    assert load(location(f"s3://{BUCKET}/flaky.wav"), None).n_samples == round(3.2 * SR)
    times.clear()
    monkeypatch.setattr(S3File, "_fetch_range", lambda *_: flaky(None, times.clear() or 0, 0))
    with pytest.raises(AudioDecodeError, match="cannot be reached"):
        load(location(f"s3://{BUCKET}/flaky.wav"), None)


def test_tables_are_read_and_exported_where_they_lie(server, both, tmp_path):
    from click.testing import CliRunner
    from gtzan_cli.main import cli

    for path in both[1].glob("*.parquet"):
        server.upload_file(str(path), BUCKET, f"ready/{path.name}")
    for words in (
        ["features", "export", f"s3://{BUCKET}/ready", "--out", f"s3://{BUCKET}/csv/out.csv"],
        ["features", "export", str(both[1]), "--out", str(tmp_path / "out.csv")],
    ):
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, done.exception
    assert location(f"s3://{BUCKET}/csv/out.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()
    table = gf.read_table(f"s3://{BUCKET}/csv/out.csv", segments="3s")
    assert table.X.shape[1] == 57
    there = open_fittable(location(f"s3://{BUCKET}/ready"), "kaggle", "3s")
    assert there.sha256 == open_fittable(both[1], "kaggle", "3s").sha256
    with pytest.raises(gf.GtzanError, match="no such feature table; the folder has kaggle-3s"):
        open_fittable(location(f"s3://{BUCKET}/ready"), "full", "3s")


def test_shards_lie_in_a_bucket_and_become_one_file(server, both):
    here, tables = both
    out = location(f"s3://{BUCKET}/shards")
    name = "kaggle-3s.parquet"
    whole = (tables / name).read_bytes()
    write_text(out / name, "")
    (out / name).write_bytes(whole)  # a table that is one file, which shards replace
    options = {"layout": "shards", "shard_files": 3, "n_jobs": 1}
    done = extract(here, out, THREE, **options)
    n_files = done.n_files
    under = keys(server, "shards/")
    assert not [key for key in under if key.startswith("shards/.shards")]
    assert f"shards/{name}" not in under
    assert f"shards/{name}/_manifest.parquet" in under
    assert gf.read_table(str(out / name)).X.shape == gf.read_table(tables / name).X.shape
    assert extract(here, out, THREE, **options).n_reused == n_files

    shard = next(key for key in under if key.startswith(f"shards/{name}/00001-"))
    server.delete_object(Bucket=BUCKET, Key=shard)
    assert extract(here, out, THREE, **options).n_reused == n_files - 3
    assert keys(server, "shards/") == under

    assert [one.shards for one in merge(out, layout="file")] == [0, 0]
    assert keys(server, "shards/") == [f"shards/{name}", "shards/status.parquet"]
    assert (out / name).read_bytes() == whole


def test_slices_of_several_machines_meet_in_a_bucket(server, both, tmp_path, monkeypatch):
    out = location(f"s3://{BUCKET}/slices")
    music = location(f"s3://{BUCKET}/odd")
    for number in (1, 2):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / f"machine {number}"))
        extract(music, out, THREE, part=Slice(number, 2), shard_files=2, n_jobs=1)
        if number == 1:
            with pytest.raises(gf.GtzanError, match="shard 2 is missing of 2"):
                merge(out)
            with pytest.raises(gf.GtzanError):
                gf.read_table(str(out / "kaggle-3s.parquet"))
    merge(out)
    for path in both[1].glob("*.parquet"):
        assert (out / path.name).read_bytes() == path.read_bytes()
    assert sorted(keys(server, "slices/")) == ["slices/kaggle-3s.parquet", "slices/status.parquet"]
