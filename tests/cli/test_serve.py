"""``gtzan serve`` as a user starts and ends it."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from gtzan_cli.main import run

from tests.cli.test_main import gtzan
from tests.cli.test_predict import song, world

pytest.importorskip("uvicorn", reason="the extra app is not installed")

__all__ = ["world"]


@contextmanager
def serving(*words, **environment):
    """Start ``gtzan serve`` on a free port; give the process, its address and what it said before."""
    command = [sys.executable, "-W", "ignore", "-m", "gtzan_cli", "serve", "--port", "0", *map(str, words)]
    env = {**os.environ, **environment}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env) as process:
        try:
            said = []
            for line in process.stderr:
                said.append(line)
                if line.startswith("Open "):
                    break
            yield process, re.search(r"http://([^/]+)/", said[-1])[1], "".join(said)
        finally:
            process.terminate()


FORM = "multipart/form-data; boundary=line"


def form(path):
    """A recording as the field of a form."""
    head = f'--line\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n\r\n'
    return head.encode() + path.read_bytes() + b"\r\n--line--\r\n"


def get(address, path):
    with closing(http.client.HTTPConnection(address, timeout=300)) as connection:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())


def post(address, body, query="", **headers):
    with closing(http.client.HTTPConnection(address, timeout=300)) as connection:
        connection.request("POST", f"/api/predict?{query}", body, headers)
        reply = connection.getresponse()
        return reply.status, reply.read().decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_until_it_is_ended_and_leaves_nothing(world, tmp_path, number):
    with serving("--runs", world / "runs", TMPDIR=str(tmp_path)) as (process, address, said):
        assert address.startswith("127.0.0.1:")
        assert "Model: xgboost on kaggle, 3s rows" in said
        assert "trained on synthetic music" in said
        (folder,) = tmp_path.glob("gtzan-serve-*")
        assert folder.stat().st_mode & 0o777 == 0o700
        status, text = post(
            address, song(world).read_bytes(), **{"X-File-Name": "mine.wav", "Accept": "text/html"}
        )
        assert status == 200, text
        assert re.search(r"<h2>mine.wav: \w+, [\d.]+ %</h2>", text)
        sent = form(song(world))
        status, answer = post(address, sent, "segments=true&explain=true", **{"Content-Type": FORM})
        assert status == 200, answer
        said = json.loads(answer)
        assert (
            f"<h2>mine.wav: {said['genre']}, {100 * said['probabilities'][said['genre']]:.1f} %</h2>" in text
        )
        assert len(said["segments"]) == said["n_segments"]
        assert said["model"]["tested"]["protocol"] == get(address, "/api/model")["tested"]["protocol"]
        document = get(address, "/openapi.json")
        for place in (str(tmp_path), str(world), str(Path.cwd())):
            assert place not in text + answer + json.dumps(document)
        assert list(folder.iterdir()) == []
        process.send_signal(number)
        assert process.wait(30) == 0
        assert process.stderr.read() == "Ended. No recording is kept.\n"
    assert list(tmp_path.iterdir()) == []


def test_ended_in_the_middle_of_an_upload_it_leaves_nothing(world, tmp_path):
    with serving("--runs", world / "runs", TMPDIR=str(tmp_path)) as (process, address, _):
        host, port = address.split(":")
        with socket.create_connection((host, int(port))) as half:
            head = f"POST /api/predict HTTP/1.1\r\nHost: {address}\r\nContent-Length: 1000000\r\n\r\n"
            half.sendall(head.encode() + b"x" * 100_000)
            (folder,) = tmp_path.glob("gtzan-serve-*")
            while not list(folder.glob("*/upload")):
                pass
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        said = process.stderr.read()
        assert said.endswith("Ended. No recording is kept.\n")
        assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_large_bodies_get_an_answer_over_the_network(world):
    with serving("--runs", world / "runs", "--max-mb", "0.1") as (_, address, _):
        status, text = post(address, b"x" * 3_000_000)
        assert status == 413
        assert "recording: larger than the 0.1 MB that are taken" in text
        found = [None] * 3

        def one(i):
            found[i] = post(address, b"text", **{"X-File-Name": "text.wav"})

        threads = [threading.Thread(target=one, args=(i,)) for i in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {status for status, _ in found} == {422}


def test_faults_are_one_line(world, tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for words, message in (
            (["--model", tmp_path / "none"], "holds no model"),
            (["--runs", tmp_path], "name a run folder with --model"),
            (
                ["--runs", world / "runs", "--port", port],
                f"port {port} of 127.0.0.1 is in use. Choose another",
            ),
            (["--runs", world / "runs", "--host", "192.0.2.1"], "cannot listen on port 8000 of 192.0.2.1"),
        ):
            assert run(["serve", *map(str, words)]) == 1
            (line,) = capsys.readouterr().err.splitlines()
            assert line.startswith("Error: ")
            assert message in line


def test_without_the_extra_one_line_says_what_to_install(monkeypatch, capsys):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "uvicorn" else real(name))
    assert run(["serve"]) == 1
    assert capsys.readouterr().err == (
        "Error: the web page needs packages that are not installed: pip install 'gtzan[app]'\n"
    )


def test_help_needs_no_web_library():
    shown = gtzan("serve", "--help").stdout
    assert "127.0.0.1" in shown
    assert "pip install 'gtzan[app]'" in shown
    script = (
        "import sys; from gtzan_cli.main import run; "
        "run(['serve', '--help']); print('starlette' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_other_machines_are_warned_of(world):
    with serving("--runs", world / "runs", "--host", "0.0.0.0") as (_, _, said):
        assert "Warning: other machines may reach 0.0.0.0, without password and encryption." in said
