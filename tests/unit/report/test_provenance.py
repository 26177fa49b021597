import hashlib
import platform
import subprocess

from beyond_mle.report.provenance import commit, provenance, short_hash


def test_inputs_are_listed_with_their_hashes(tmp_path):
    path = tmp_path / "scores.json"
    path.write_bytes(b"abc")
    record = provenance(tmp_path / "index.py", [path], ["CPU", "H100"], "make it", 1.26)
    expected = hashlib.sha256(b"abc").hexdigest()[:12]
    assert record["inputs"] == [{"path": str(path), "sha256": expected}]
    assert short_hash(path) == expected
    told = [record[name] for name in ("notebook", "device", "command", "seconds")]
    assert told == ["index.py", "CPU, H100", "make it", 1.3]
    assert record["versions"]["python"] == platform.python_version()


def test_the_commit_says_whether_files_differ_from_it(tmp_path):
    assert commit(tmp_path) == "not a git checkout"
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    (tmp_path / "file").write_text("1")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "first"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout
    assert commit(tmp_path) == head[:12]
    (tmp_path / "file").write_text("2")
    assert commit(tmp_path) == f"{head[:12]}, with changes"
