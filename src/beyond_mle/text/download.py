"""Fetching the public files of the catalogue, from a local mirror or by HTTP, and verifying them."""

import hashlib
import shutil
import ssl
import time
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError

import yaml
from pydantic import Field
from tqdm import tqdm

from beyond_mle.errors import UserError, nearest
from beyond_mle.files import atomic
from beyond_mle.options import Options, parse

_CHUNK_BYTES = 1 << 16
# Not OSError itself, which the HTTP errors are too: a full disk must not look like a bad connection.
_CONNECTION_ERRORS = (URLError, HTTPException, ConnectionError, TimeoutError, ssl.SSLError)
_WORTH_A_RETRY = {408, 425, 429, 500, 502, 503, 504}


class Source(Options):
    """A public file."""

    url: str = Field(pattern=r"^https?://")
    """Where it is downloaded from."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Its checksum."""
    licence: str
    """What its owners allow."""


class Retries(Options):
    """How patient a download is."""

    attempts: int = Field(default=4, gt=0)
    """Connections that are tried; each one continues where the last one broke off, if the server allows."""
    pause: float = Field(default=1.0, ge=0)
    """Seconds before the second attempt; doubled before each further one."""
    timeout: float = Field(default=30.0, gt=0)
    """Seconds of silence after which a connection counts as broken."""


def read_catalogue(path: Path) -> dict[str, Source]:
    """Read a catalogue: file names below the mirror folder → their `Source`.

    Raises:
        UserError: if the file is missing, not YAML, or an entry lacks a key.
    """
    try:
        entries = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise UserError(f"{path}: no such catalogue") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    return {name: parse(Source, values, f"{path}: {name}") for name, values in entries.items()}


def fetch(
    name: str,
    output: Path,
    catalogue: Mapping[str, Source],
    mirror: Path | None = None,
    retries: Retries | None = None,
) -> None:
    """Put the catalogued file `name` at `output`: whole and verified, or not at all.

    Args:
        name: the file's name in the catalogue, which is also its path below the mirror.
        output: where to put it.
        catalogue: what `read_catalogue` returns.
        mirror: a folder to copy from; without one the file is downloaded.
        retries: the patience of a download; by default that of `Retries()`.

    Raises:
        UserError: if the catalogue or the mirror lacks the file, the download fails, or the checksum differs.
    """
    if name not in catalogue:
        raise UserError(f"the catalogue has no file '{name}': {nearest(name, catalogue)}")
    source = catalogue[name]
    with atomic(output) as temporary:
        if mirror is None:
            _download(source.url, temporary, retries or Retries())
        else:
            _copy(Path(mirror) / name, temporary)
        found = _sha256(temporary)
        if found != source.sha256:
            origin = source.url if mirror is None else Path(mirror) / name
            raise UserError(f"{origin}: its SHA-256 should be {source.sha256} but is {found}; the file was not kept")


def _copy(file: Path, output: Path) -> None:
    if not file.is_file():
        raise UserError(f"{file}: no such file in the mirror; correct or unset BEYOND_MLE_MIRROR (or `mirror:`)")
    shutil.copyfile(file, output)


def _download(url: str, output: Path, retries: Retries) -> None:
    """Download with retries, each going on from the bytes that are already there."""
    output.touch()
    fault: object = "no attempt was made"
    for attempt in range(retries.attempts):
        if attempt:
            time.sleep(retries.pause * 2 ** (attempt - 1))
        try:
            _receive(url, output, retries.timeout)
            return
        except _CONNECTION_ERRORS as error:
            fault = getattr(error, "reason", None) or error
            if isinstance(error, HTTPError):
                fault = f"HTTP {error.code} {error.reason}"
                if error.code not in _WORTH_A_RETRY:
                    break
    raise UserError(
        f"cannot download {url} ({fault}); try again, or set BEYOND_MLE_MIRROR to a folder that has the file"
    )


def _receive(url: str, output: Path, timeout: float) -> None:
    """One connection: append what `output` lacks.

    Raises:
        HTTPException: if the connection ends before the file does (also the other `_CONNECTION_ERRORS`).
    """
    have = output.stat().st_size
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=timeout) as response:
        resumed = response.status == 206
        have = have if resumed else 0
        missing = response.headers.get("Content-Length")
        size = have + int(missing) if missing else None
        # disable=None: a bar on a terminal, nothing in a log
        bar = tqdm(total=size, initial=have, unit="B", unit_scale=True, desc=url.rsplit("/", 1)[-1], disable=None)
        with output.open("ab" if resumed else "wb") as out, bar:
            while chunk := response.read(_CHUNK_BYTES):
                out.write(chunk)
                bar.update(len(chunk))
    received = output.stat().st_size
    if size is not None and received < size:
        raise HTTPException(f"the connection broke after {received} of {size} bytes")


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
