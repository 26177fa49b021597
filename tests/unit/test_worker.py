"""Stages run by a worker look the same from outside, and none outlives the process that asked for it."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

import beyond_mle

PROBE = '''
"""Ends as its first argument says."""

import json
import os
import signal
import subprocess
import sys
import time

from beyond_mle.errors import UserError


def main():
    match sys.argv[1]:
        case "show":
            shown = {"argv": sys.argv, "folder": os.getcwd(), "parent": os.getppid()}
            print(json.dumps(shown | {"variable": os.environ.get("PROBE")}))
            print("aside", file=sys.stderr)
        case "compute":
            import torch

            torch.manual_seed(3)
            weights = torch.randn(50, 50, requires_grad=True)
            weights.matmul(weights).logsumexp(1).sum().backward()
            with open(sys.argv[2], "wb") as file:
                file.write(weights.grad.numpy().tobytes())
        case "wait":
            print(os.getpid(), subprocess.Popen(["sleep", "60"]).pid, flush=True)
            time.sleep(60)
        case "refuse":
            raise UserError("no such thing")
        case "break":
            raise ValueError("a defect")
        case "die":
            os.kill(os.getpid(), signal.SIGSEGV)
        case number:
            sys.exit(int(number))
'''
SERVE = """
import socket, sys
from beyond_mle import worker
worker.serve(socket.socket(fileno=int(sys.argv[1])), sys.stdin)
"""
START = """
import os, sys
from beyond_mle import worker
print(worker.start().pid, os.environ["BEYOND_MLE_WORKER"], flush=True)
sys.stdin.read()
"""


class Place:
    """A package with the one stage `probe`, and a worker of it that has imported nothing beforehand."""

    def __init__(self, folder: Path):
        self.folder = folder
        package = Path(beyond_mle.__file__).parent
        (folder / "beyond_mle" / "stages").mkdir(parents=True)
        for name in ("__init__.py", "__main__.py", "errors.py", "worker.py"):
            shutil.copy(package / name, folder / "beyond_mle")
        (folder / "beyond_mle" / "stages" / "probe.py").write_text(PROBE)
        (folder / "beyond_mle" / "code_id.py").write_text("def code_id(*modules): return ''\n")
        self.address = str(folder / "socket")
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self.environment = os.environ | {"PYTHONPATH": str(folder), "BEYOND_MLE_WORKER": self.address} | one_thread
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen()
            self.worker = self.popen("-c", SERVE, str(listener.fileno()), pass_fds=[listener.fileno()])

    def popen(self, *arguments: str, **options) -> subprocess.Popen:
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        environment = self.environment | options.pop("variables", {})
        return subprocess.Popen([sys.executable, *arguments], env=environment, text=True, **pipes, **options)

    def stage(self, *arguments: str, **options) -> subprocess.Popen:
        return self.popen("-m", "beyond_mle", *arguments, **options)

    def run(self, *arguments: str, **options) -> tuple[int, str, str]:
        """The exit status, output and errors of `python -m beyond_mle` with these arguments."""
        process = self.stage(*arguments, **options)
        output, errors = process.communicate(timeout=60)
        return process.returncode, output, errors

    def show(self, *arguments: str, **options) -> dict:
        return json.loads(self.run("probe", "show", *arguments, **options)[1])


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    with place.worker:
        place.worker.stdin.close()
        assert place.worker.wait(timeout=60) == 0


def eventually(condition: Callable[[], bool]) -> bool:
    for _ in range(600):
        if condition():
            return True
        time.sleep(0.05)
    return False


def gone(pid: int) -> bool:
    """Whether a process has ended; where nobody waits for orphans, it stays a zombie."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


def test_arguments_folder_environment_and_output_come_through(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "élsewhere"
    folder.mkdir()
    variables = {"PROBE": "a 'b'\nc\udcff"}
    status, output, errors = place.run("probe", "show", "--x", "1 2", "ä", cwd=folder, variables=variables)
    shown = json.loads(output)
    assert (status, errors) == (0, "aside\n")
    assert shown["argv"] == ["python -m beyond_mle probe", "show", "--x", "1 2", "ä"]
    assert (shown["folder"], shown["variable"]) == (str(folder), variables["PROBE"])
    assert shown["parent"] == place.worker.pid


@pytest.mark.parametrize("how", ["show", "3", "refuse", "break"])
def test_a_stage_ends_as_it_does_by_itself(place: Place, how: str) -> None:
    worker = place.run("probe", how)
    alone = place.run("probe", how, variables={"BEYOND_MLE_WORKER": ""})
    assert worker[0] == alone[0] == {"show": 0, "3": 3, "refuse": 1, "break": 1}[how]
    assert worker[2].splitlines()[-1:] == alone[2].splitlines()[-1:]
    if how == "refuse":
        assert worker[2] == alone[2] == "error: no such thing\n"


def test_a_killed_stage_is_one_line_and_a_failure(place: Place) -> None:
    assert place.run("probe", "die") == (128 + signal.SIGSEGV, "", "error: probe: killed by SIGSEGV\n")
    assert place.show()["parent"] == place.worker.pid  # the worker goes on


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_process_takes_its_stage_along(place: Place, how: signal.Signals) -> None:
    with place.stage("probe", "wait") as asking:
        stage, helper = map(int, asking.stdout.readline().split())
        asking.send_signal(how)
        assert asking.wait(timeout=60) == -how
    assert eventually(lambda: gone(stage) and gone(helper))
    assert eventually(lambda: not psutil.Process(place.worker.pid).children())  # no zombies


def test_stages_run_side_by_side(place: Place) -> None:
    with place.stage("probe", "wait") as asking:
        asking.stdout.readline()
        assert place.run("probe", "0")[0] == 0
        assert asking.poll() is None
        asking.kill()


def test_a_worker_stops_with_its_stages(place: Place) -> None:
    with place.stage("probe", "wait") as asking:
        stage, _ = map(int, asking.stdout.readline().split())
        place.worker.stdin.close()
        assert asking.wait(timeout=60) == 128 + signal.SIGKILL
    assert gone(stage)
    assert place.show()["parent"] == os.getpid()  # it has left a dead socket: stages run by themselves


def test_a_killed_worker_fails_its_stages(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with place.worker, place.stage("probe", "wait") as asking:
        stage, helper = map(int, asking.stdout.readline().split())
        place.worker.kill()
        assert asking.stderr.readline() == "error: probe: the worker was killed\n"
    os.kill(helper, signal.SIGKILL)
    assert asking.returncode == 1
    assert sys.platform != "linux" or eventually(lambda: gone(stage))


@pytest.mark.parametrize("variables", [{"BEYOND_MLE_WORKER": "/nowhere"}, {"OMP_NUM_THREADS": "2"}])
def test_without_a_fitting_worker_a_stage_runs_by_itself(place: Place, variables: dict[str, str]) -> None:
    assert place.show(variables=variables)["parent"] == os.getpid()


def test_an_unknown_stage_is_one_line(place: Place) -> None:
    assert place.run("prob") == (1, "", "error: there is no stage 'prob': did you mean 'probe'? Valid: probe\n")


def test_a_whole_worker_computes_the_same_and_ends_with_its_starter(place: Place, tmp_path: Path) -> None:
    with place.popen("-c", START) as starter:
        pid, address = starter.stdout.readline().split()
        assert Path(address).parent.stat().st_mode & 0o777 == 0o700
        for name, used in (("worker", address), ("alone", "")):
            run = place.run("probe", "compute", str(tmp_path / name), variables={"BEYOND_MLE_WORKER": used})
            assert run == (0, "", "")
        assert place.show(variables={"BEYOND_MLE_WORKER": address})["parent"] == int(pid)
        starter.kill()
    assert (tmp_path / "worker").read_bytes() == (tmp_path / "alone").read_bytes()
    assert eventually(lambda: gone(int(pid)))
    assert not Path(address).parent.exists()
