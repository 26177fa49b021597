"""A worker has the heavy packages imported and forks a process for every stage that it is asked to run.

Importing costs a stage one to five seconds, a fork a few hundredths of one. What runs is the same: the forked process
has the arguments, folder, environment and output of the one that asked (see __main__.py), and the worker declines for
those of another environment or with other numbers of threads. It imports and does nothing else, because threads and
CUDA do not survive a fork. Forks share the state of NumPy's and PyTorch's global generators as it was at import; stages
draw from generators that they seed themselves.

A worker ends with the process that started it, and so do the stages it runs; a stage ends with the process that asked.
"""

import contextlib
import ctypes
import gc
import importlib
import io
import json
import multiprocessing
import os
import pkgutil
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from multiprocessing.connection import wait
from typing import IO, Any, NamedTuple

import beyond_mle
from beyond_mle.__main__ import SOCKET, THREADS, identity, run

LAZY = ("torch._dynamo", "rouge_score.rouge_scorer")
"""Dear imports that others make at first use only: every optimiser the first, every score of a summary the second."""

_FORK = multiprocessing.get_context("fork")


def start() -> subprocess.Popen:
    """Start a worker for one-thread stages; those started from now on, by whatever this process starts, find it.

    They need not wait for it: the socket is open at once, and holds what they ask until all is imported.
    """
    address = os.path.join(tempfile.mkdtemp(prefix="beyond-mle-"), "socket")  # a folder for this user alone
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(1000)
        process = subprocess.Popen(
            [sys.executable, "-m", "beyond_mle.worker", address, str(listener.fileno())],
            stdin=subprocess.PIPE,  # its end is the end of this process
            stdout=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            env=os.environ | dict.fromkeys(THREADS, "1"),
            start_new_session=True,  # an interrupt from the keyboard is for the stages' own processes
        )
    os.environ[SOCKET] = address
    return process


def stop(worker: subprocess.Popen) -> None:
    """End a worker, and what it still runs."""
    os.environ.pop(SOCKET, None)
    assert worker.stdin is not None
    worker.stdin.close()
    worker.wait()


def main() -> None:
    """Import everything, then serve until standard input ends."""
    address, descriptor = sys.argv[1:]
    with socket.socket(fileno=int(descriptor)) as listener:
        try:
            preload()
            serve(listener, sys.stdin)
        finally:
            shutil.rmtree(os.path.dirname(address), ignore_errors=True)


def preload() -> None:
    """Import every module of the package, and what those import only when it is used; hash their code."""
    for module in pkgutil.walk_packages(beyond_mle.__path__, "beyond_mle."):
        importlib.import_module(module.name)
    for name in LAZY:
        importlib.import_module(name)
    from beyond_mle.code_id import code_id

    code_id(*(name for name in sys.modules if name.startswith("beyond_mle.")))  # here, rather than by every stage
    gc.collect()
    gc.freeze()  # a collection in a forked process need not look at, and so copy, all of this


class Job(NamedTuple):
    """A stage that runs, and the connection to the process that asked for it."""

    process: multiprocessing.process.BaseProcess
    connection: socket.socket

    def kill(self) -> None:
        """End the stage and all that it has started."""
        assert self.process.pid is not None  # it was started
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.finish()

    def finish(self) -> None:
        """Wait for the end of the stage and report its exit status, negative if a signal ended it."""
        self.process.join()
        assert self.process.exitcode is not None
        with contextlib.suppress(OSError), self.connection:
            self.connection.sendall(b"%d" % self.process.exitcode)


def serve(listener: socket.socket, starter: IO[str]) -> None:
    """Run what is asked for on the socket, until `starter` can be read: at its end."""
    jobs: list[Job] = []
    try:
        while True:
            sentinels = [job.process.sentinel for job in jobs]
            ready = wait([starter.fileno(), listener, *sentinels, *(job.connection for job in jobs)])
            if starter.fileno() in ready:
                return
            for job in list(jobs):
                if job.process.sentinel in ready:
                    jobs.remove(job)
                    job.finish()
                elif job.connection in ready:  # nothing more is ever sent, so the process that asked has gone
                    jobs.remove(job)
                    job.kill()
            if listener in ready:
                connection, _ = listener.accept()
                with contextlib.suppress(OSError, ValueError):  # a process killed while it asked
                    taken = _take_on(connection, [listener, *(job.connection for job in jobs)])
                    jobs += [taken] if taken else []
    finally:
        for job in jobs:
            job.kill()


def _take_on(connection: socket.socket, others: list[socket.socket]) -> Job | None:
    """Read a request and fork a process for it; none if this worker cannot stand in for the process that asks.

    Args:
        connection: to the process that asks.
        others: sockets that the forked process must not hold open.
    """
    connection.settimeout(10)
    length, descriptors, _, _ = socket.recv_fds(connection, 4, 2)
    try:
        with connection.makefile("rb") as stream:
            request = json.loads(stream.read(int.from_bytes(length, "big")))
        if request["identity"] != identity():
            connection.close()
            return None
        name = f"python -m beyond_mle {request['stage']}"  # appears above a traceback
        process = _FORK.Process(target=_run, name=name, args=(request, descriptors, [connection, *others]))
        process.start()
        connection.sendall(b"+")
        return Job(process, connection)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _run(request: dict[str, Any], descriptors: list[int], inherited: list[socket.socket]) -> None:
    """Become the process that asked, and run its stage."""
    os.setpgid(0, 0)
    with contextlib.suppress(AttributeError):  # not Linux
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # should the worker be killed
    for connection in inherited:
        connection.close()
    for target, descriptor in enumerate(descriptors, start=1):
        os.dup2(descriptor, target)
        os.close(descriptor)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=sys.stdout.isatty())
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environment"])
    run(request["stage"], request["arguments"])


if __name__ == "__main__":
    main()
