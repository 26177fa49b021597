"""Run one stage of the workflow: python -m beyond_mle STAGE --options…

Where BEYOND_MLE_WORKER names the socket of a worker (see worker.py), the stage runs in a process forked from that, and
this one lends it its output and waits; everywhere else it runs right here. Nothing heavy is imported before that is
decided: importing PyTorch costs more than many a stage.
"""

import json
import os
import signal
import socket
import sys
from importlib import import_module

SOCKET = "BEYOND_MLE_WORKER"
"""The environment variable that names the worker's socket."""

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Variables that numerical libraries read once, when they are loaded: Snakemake sets them to a job's threads."""

_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def main() -> None:
    """Run the stage that the command line names, by the worker if there is one."""
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(f"{__doc__}\nStages: {', '.join(stages())}")
        sys.exit(len(sys.argv) < 2)
    stage, *arguments = sys.argv[1:]
    if stage not in stages():
        from beyond_mle.errors import nearest

        sys.exit(f"error: there is no stage '{stage}': {nearest(stage, stages())}")
    worker = _ask(os.environ.get(SOCKET, ""), stage, arguments)
    if worker is None:
        run(stage, arguments)
    else:
        sys.exit(_wait(worker, stage))


def stages() -> list[str]:
    """The names of all stages: the modules of beyond_mle.stages that have a `main`, found without importing them."""
    names = []
    for file in os.scandir(os.path.join(_PACKAGE, "stages")):
        if file.name.endswith(".py"):
            with open(file.path, encoding="utf-8") as source:
                if "\ndef main(" in source.read():
                    names.append(file.name.removesuffix(".py"))
    return sorted(names)


def run(stage: str, arguments: list[str]) -> None:
    """Run a stage in this process, as if it had been started with these arguments."""
    from beyond_mle.errors import exit_cleanly

    sys.argv = [f"python -m beyond_mle {stage}", *arguments]
    exit_cleanly(import_module(f"beyond_mle.stages.{stage}").main)


def identity() -> list[str | None]:
    """What a worker must have in common with a process to stand in for it: environment, code, threads of libraries."""
    return [sys.prefix, _PACKAGE, *map(os.environ.get, THREADS)]


def _ask(address: str, stage: str, arguments: list[str]) -> socket.socket | None:
    """A connection to the worker that has taken the stage on; none if there is no worker, or if it declines."""
    place = {"directory": os.getcwd(), "environment": dict(os.environ), "identity": identity()}
    request = json.dumps({"stage": stage, "arguments": arguments, **place}).encode()
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(address)
        socket.send_fds(connection, [len(request).to_bytes(4, "big")], [1, 2])
        connection.sendall(request)
        if connection.recv(1):
            return connection
    except OSError:  # there was a worker, but it is gone
        pass
    connection.close()
    return None


def _wait(worker: socket.socket, stage: str) -> int:
    """The exit status of the stage. If this process is killed the connection closes, and the worker ends the stage."""
    try:
        answer = b"".join(iter(lambda: worker.recv(16), b""))
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    if not answer:
        sys.exit(f"error: {stage}: the worker was killed")
    status = int(answer)
    if status < 0:
        hint = " (was there enough memory?)" if status == -signal.SIGKILL else ""
        print(f"error: {stage}: killed by {signal.Signals(-status).name}{hint}", file=sys.stderr)
        return 128 - status
    return status


if __name__ == "__main__":
    main()
