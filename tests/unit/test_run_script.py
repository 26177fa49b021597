"""The set-up command, on small projects whose locks are wheels made here: no index is ever asked."""

import ast
import fcntl
import os
import runpy
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[2] / "run"
BACKEND = """
import shutil

def build_editable(folder, config_settings=None, metadata_directory=None):
    return shutil.copy("wheels/project-1.0-py3-none-any.whl", folder).rpartition("/")[2]
"""

pytestmark = pytest.mark.xdist_group("run-script")  # one worker, so that the shared project is built once


def write_wheel(folder: Path, name: str, version: str) -> None:
    """A wheel with one module, `name`, that knows its version."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", f"VERSION = '{version}'\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def make_project(folder: Path) -> Path:
    """A project with the real `run`, a lock of one wheel, and a build backend of its own."""
    (folder / "envs").mkdir(parents=True)
    (folder / "envs" / "requirements.txt").write_text("tiny==1.0\n")
    (folder / "envs" / "requirements-test.txt").write_text("")
    (folder / "wheels").mkdir()
    for name, version in (("tiny", "1.0"), ("tiny", "2.0"), ("project", "1.0")):
        write_wheel(folder / "wheels", name, version)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (folder / "backend.py").write_text(BACKEND)
    shutil.copy(RUN, folder)
    return folder


def environment(project: Path, **changes: str) -> dict[str, str]:
    """This process's environment without its own pip settings: only the project's wheels are there."""
    mine = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON"))}
    wheels = (project / "wheels").as_uri()
    return {**mine, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels, **changes}


def start(project: Path, *command: str, **changes: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, project / "run", *command],
        cwd=project.parent,
        env=environment(project, **changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(project: Path, *command: str, **changes: str) -> subprocess.CompletedProcess:
    with start(project, *command, **changes) as process:
        output, errors = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def tiny_version(project: Path) -> str:
    """The version of `tiny` in the environment, which must be whole and have the project too."""
    answer = run(project, "python", "-c", "import project, tiny; print(tiny.VERSION)")
    assert (answer.returncode, answer.stderr) == (0, "")
    return answer.stdout.strip()


def half_made(project: Path) -> Path:
    """Leave what an interrupted installation leaves, and return a file that no rebuild may keep."""
    leftover = project / ".venv" / "bin" / "leftover"
    leftover.parent.mkdir(parents=True)
    (leftover.parent / "python").symlink_to(sys.executable)
    leftover.touch()
    return leftover


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose environment the first `./run` has made."""
    project = make_project(tmp_path_factory.mktemp("run") / "a project")
    first = run(project, "python", "-c", "import project, tiny; print(tiny.VERSION)")
    assert (first.returncode, first.stdout) == (0, "1.0\n")
    assert "installing the environment" in first.stderr
    assert "environment ready after" in first.stderr
    return project


def test_second_start_does_not_rebuild(built: Path) -> None:
    stamp = built / ".venv" / "key"
    before = stamp.stat().st_mtime_ns
    answer = run(built, "true")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert stamp.stat().st_mtime_ns == before


def test_command_runs_in_the_environment_and_where_the_user_is(built: Path) -> None:
    show = "import os, sys; e = os.environ; print(sys.prefix, e['VIRTUAL_ENV'], e['PATH'].split(':')[0])"
    venv = str(built / ".venv")
    assert run(built, "python", "-c", show).stdout.strip() == f"{venv} {venv} {venv}/bin"

    show = 'printf "%s\\n" "$PWD" "${PYTHONHOME-unset}" "$OMP_NUM_THREADS"'
    answer = run(built, "sh", "-c", show, PYTHONHOME=sys.base_prefix, OMP_NUM_THREADS="3")
    assert answer.stdout.splitlines() == [str(built.parent), "unset", "3"]


def test_arguments_exit_status_and_signals_are_the_commands_own(built: Path) -> None:
    answer = run(built, "sh", "-c", 'printf "%s|" "$@"; exit 7', "name", "two words", "--help", "*")
    assert (answer.returncode, answer.stdout, answer.stderr) == (7, "two words|--help|*|", "")

    # Python starts with SIGPIPE ignored; a command that inherited that would survive.
    answer = run(built, "sh", "-c", "kill -PIPE $$; echo survived")
    assert (answer.returncode, answer.stdout) == (-signal.SIGPIPE, "")


@pytest.mark.parametrize(("command", "status"), [("no-such-command", 127), (os.devnull, 126)])
def test_command_that_cannot_start_is_one_line(built: Path, command: str, status: int) -> None:
    answer = run(built, command)
    assert answer.returncode == status
    assert answer.stderr.startswith(f"error: cannot start {command}: ")
    assert answer.stderr.count("\n") == 1


def test_changed_lock_rebuilds(built: Path) -> None:
    leftover = built / ".venv" / "leftover"
    leftover.touch()
    (built / "envs" / "requirements.txt").write_text("tiny==2.0\n")
    assert run(built, "true").returncode == 0
    assert not leftover.exists()
    assert tiny_version(built) == "2.0"


def test_starts_at_once_rebuild_a_half_made_environment_once(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    leftover = half_made(project)
    with (project / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as a ./run that is installing
        both = [start(project, "python", "-c", "import tiny; print(tiny.VERSION)") for _ in range(2)]
        for process in both:
            assert "waiting for it" in process.stderr.readline()
        assert leftover.exists()
    answers = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert [output for output, _ in answers] == ["1.0\n", "1.0\n"]
    assert sum(errors.count("environment ready") for _, errors in answers) == 1
    assert not leftover.exists()


def test_failed_installation_leaves_no_stamp_and_one_clear_line(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    (project / "envs" / "requirements.txt").write_text("absent==1.0\n")
    nobody = "https://127.0.0.1:9/simple"
    answer = run(project, "true", PIP_NO_INDEX="0", PIP_RETRIES="0", PIP_INDEX_URL=nobody)
    assert answer.returncode == 1
    *before, last = answer.stderr.splitlines()
    assert last.startswith("error: pip cannot reach its package index")
    assert all(line.startswith(("run: ", "  | ")) for line in before)  # ours, pip's last lines, no traceback
    assert "absent==1.0" in (project / ".venv" / "install.log").read_text()
    assert not (project / ".venv" / "key").exists()


@pytest.mark.parametrize(
    ("output", "meaning"),
    [
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "no space"),
        ("OSError: [Errno 122] Disk quota exceeded: '/home/x'", "no space"),
        ("pip._vendor.urllib3.exceptions.ReadTimeoutError: Read timed out.", "pip cannot reach"),
        ("WARNING: Retrying after connection broken by 'NameResolutionError(...)'", "pip cannot reach"),
        ("error: metadata-generation-failed", "the installation failed, see "),
    ],
)
def test_what_pip_says_is_explained_in_one_line(output: str, meaning: str) -> None:
    explanation = runpy.run_path(str(RUN))["explain"](f"Collecting torch\n{output}\n")
    assert explanation.startswith(meaning)
    assert "\n" not in explanation


def without_ensurepip(folder: Path) -> str:
    """A folder for PYTHONPATH that hides ensurepip, as Debian's python3 without python3-venv does."""
    folder.mkdir()
    (folder / "ensurepip.py").write_text("raise ModuleNotFoundError('No module named ensurepip')\n")
    return str(folder)


def test_without_ensurepip_virtualenv_on_the_path_is_used(tmp_path: Path) -> None:
    pytest.importorskip("ensurepip")
    project = make_project(tmp_path / "project")
    virtualenv = tmp_path / "bin" / "virtualenv"
    virtualenv.parent.mkdir()
    virtualenv.write_text('#!/bin/sh\necho made by virtualenv\nexec "${1#--python=}" -I -m venv "$2"\n')
    virtualenv.chmod(0o755)
    path = f"{virtualenv.parent}{os.pathsep}{os.environ['PATH']}"
    hidden = without_ensurepip(tmp_path / "hidden")
    (tmp_path / "hidden" / "virtualenv.py").write_text("raise ImportError\n")  # this Python may have it as a module
    answer = run(project, "true", PYTHONPATH=hidden, PATH=path)
    assert answer.returncode == 0, answer.stderr
    assert (project / ".venv" / "install.log").read_text().startswith("made by virtualenv\n")
    assert tiny_version(project) == "1.0"


def test_without_ensurepip_and_virtualenv_the_remedy_is_named(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    hidden = without_ensurepip(tmp_path / "hidden")
    (tmp_path / "hidden" / "virtualenv.py").write_text("raise ImportError\n")
    leftover = half_made(project)
    answer = run(project, "true", PYTHONPATH=hidden, PATH=str(tmp_path))
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "python3-venv" in answer.stderr
    assert leftover.exists()  # nothing is removed before it can be replaced


def test_missing_lock_file_is_named(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    (project / "envs" / "requirements-test.txt").unlink()
    answer = run(project, "true")
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "envs/requirements-test.txt" in answer.stderr


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_usage_needs_no_environment(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    project = make_project(tmp_path / "project")
    answer = run(project, *arguments)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith("usage: ./run COMMAND")
    assert not (project / ".venv").exists()


def test_copied_checkout_needs_its_own_environment(tmp_path: Path) -> None:
    copies = [make_project(tmp_path / name) for name in ("one", "two")]
    one, two = (runpy.run_path(str(project / "run"))["environment_key"]() for project in copies)
    assert one != two


def test_old_python_gets_its_one_line() -> None:
    ast.parse(RUN.read_text(), feature_version=(3, 6))  # else it would be a SyntaxError instead
    script = runpy.run_path(str(RUN))
    script["check_python"]((3, 11, 0, "final", 0))
    with pytest.raises(script["SetupError"], match=r"^Python 3\.10 is too old: 3\.11 or newer is needed"):
        script["check_python"]((3, 10, 13, "final", 0))


def test_script_can_be_started_by_its_name() -> None:
    assert os.access(RUN, os.X_OK)
    assert RUN.read_text().startswith("#!/usr/bin/env python3\n")
