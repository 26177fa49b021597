import hashlib
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from beyond_mle.errors import UserError
from beyond_mle.text.download import Retries, Source, fetch, read_catalogue

CONTENT = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
RETRIES = Retries(attempts=3, pause=0, timeout=5)


class Server(ThreadingHTTPServer):
    """Serves CONTENT at /file; `drops` connections break half-way first; notes the Range of each request."""

    def __init__(self, drops: int = 0, ranges: bool = True, faults: int = 0):
        super().__init__(("127.0.0.1", 0), Handler)
        self.drops, self.ranges, self.faults = drops, ranges, faults
        self.requested: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.server.requested.append(wanted)
        if self.path != "/file":
            self.send_error(404)
            return
        if self.server.faults:
            self.server.faults -= 1
            self.send_error(503)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.server.ranges else 0
        body = CONTENT[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.drops:
            self.server.drops -= 1
            body = body[: len(body) // 2]
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def serve(monkeypatch):
    """Start servers that end with the test."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    servers = []

    def start(**behaviour) -> Server:
        servers.append(Server(**behaviour))
        threading.Thread(target=servers[-1].serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def catalogue(url: str, sha256: str = SHA256) -> dict[str, Source]:
    return {"set/file": Source(url=url, sha256=sha256, licence="test")}


def test_downloads_into_a_new_folder(serve, tmp_path):
    fetch("set/file", tmp_path / "new" / "file", catalogue(serve().url), retries=RETRIES)
    assert (tmp_path / "new" / "file").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]


def test_continues_a_broken_connection_where_it_stopped(serve, tmp_path):
    server = serve(drops=2)
    fetch("set/file", tmp_path / "file", catalogue(server.url), retries=RETRIES)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.requested == [None, "bytes=128000-", "bytes=192000-"]


def test_starts_again_if_the_server_knows_no_ranges(serve, tmp_path):
    fetch("set/file", tmp_path / "file", catalogue(serve(drops=2, ranges=False).url), retries=RETRIES)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_waits_for_a_busy_server(serve, tmp_path):
    fetch("set/file", tmp_path / "file", catalogue(serve(faults=2).url), retries=RETRIES)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_wrong_checksum_names_both_and_leaves_nothing(serve, tmp_path):
    with pytest.raises(UserError, match=f"should be {'0' * 64} but is {SHA256}"):
        fetch("set/file", tmp_path / "file", catalogue(serve().url, sha256="0" * 64), retries=RETRIES)
    assert not list(tmp_path.iterdir())


def test_a_missing_page_is_asked_for_once(serve, tmp_path):
    server = serve()
    with pytest.raises(UserError, match=r"cannot download .*/gone \(HTTP 404 Not Found\)"):
        fetch("set/file", tmp_path / "file", catalogue(server.url.replace("/file", "/gone")), retries=RETRIES)
    assert len(server.requested) == 1
    assert not list(tmp_path.iterdir())


def test_a_connection_that_always_breaks_is_given_up(serve, tmp_path):
    with pytest.raises(UserError, match="the connection broke after 224000 of 256000 bytes"):
        fetch("set/file", tmp_path / "file", catalogue(serve(drops=9).url), retries=RETRIES)
    assert not list(tmp_path.iterdir())


def test_without_network_the_remedy_is_named(serve, tmp_path):
    server = serve()
    server.shutdown()
    server.server_close()
    with pytest.raises(UserError, match=r"Connection refused.*set BEYOND_MLE_MIRROR") as caught:
        fetch("set/file", tmp_path / "file", catalogue(server.url), retries=RETRIES)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_the_mirror_is_copied_and_the_network_left_alone(tmp_path):
    (tmp_path / "mirror" / "set").mkdir(parents=True)
    (tmp_path / "mirror" / "set" / "file").write_bytes(CONTENT)
    fetch("set/file", tmp_path / "file", catalogue("http://host.invalid/"), mirror=tmp_path / "mirror")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_file_that_the_mirror_lacks(tmp_path):
    with pytest.raises(UserError, match=f"{tmp_path}/mirror/set/file: no such file.*BEYOND_MLE_MIRROR"):
        fetch("set/file", tmp_path / "file", catalogue("http://host.invalid/"), mirror=tmp_path / "mirror")
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_of_the_mirror(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "file").write_bytes(CONTENT[:-1])
    with pytest.raises(UserError, match=f"{tmp_path}/set/file: its SHA-256 should be {SHA256}"):
        fetch("set/file", tmp_path / "out" / "file", catalogue("http://host.invalid/"), mirror=tmp_path)
    assert not list((tmp_path / "out").iterdir())


def test_an_unknown_name_gets_the_nearest_one(tmp_path):
    with pytest.raises(UserError, match="no file 'set/fiel': did you mean 'set/file'"):
        fetch("set/fiel", tmp_path / "file", catalogue("http://host.invalid/"))


def test_the_catalogue_of_the_repository_is_complete():
    sources = read_catalogue(Path(__file__).parents[3] / "config" / "sources.yaml")
    splits = ("train", "val", "test_2016_flickr", "test_2017_flickr")
    assert {f"multi30k/{split}.{language}.gz" for split in splits for language in ("en", "de")} <= set(sources)
    assert {f"dialogsum/dialogsum.{split}.jsonl.gz" for split in ("train", "dev", "test")} <= set(sources)
    own = {name: source for name, source in sources.items() if not name.startswith("dialogsum/")}  # from a mirror only
    assert all(source.url.endswith(name.split("/")[-1]) for name, source in own.items())
    assert len({source.sha256 for source in sources.values()}) == len(sources)


@pytest.mark.skipif("BEYOND_MLE_MIRROR" not in os.environ, reason="BEYOND_MLE_MIRROR is not set")
def test_a_mirror_has_the_catalogued_files(tmp_path):
    sources = read_catalogue(Path(__file__).parents[3] / "config" / "sources.yaml")
    for number, name in enumerate(sources):
        fetch(name, tmp_path / str(number), sources, mirror=Path(os.environ["BEYOND_MLE_MIRROR"]))
    assert len(list(tmp_path.iterdir())) == len(sources)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "not YAML"),
        ("a: {url: 'http://x/', licence: l}", "a.sha256' is missing"),
        ("a: {url: 'ftp://x/', sha256: '', licence: l}", "a.url' = 'ftp://x/'"),
    ],
)
def test_a_faulty_catalogue(text, message, tmp_path):
    (tmp_path / "sources.yaml").write_text(text)
    with pytest.raises(UserError, match=message):
        read_catalogue(tmp_path / "sources.yaml")
