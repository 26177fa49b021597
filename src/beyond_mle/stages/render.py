"""Execute a notebook and render it as one HTML page that opens offline.

python -m beyond_mle.stages.render --notebook notebooks/index.py --config results/default/study.yaml \\
    --results results/default --output results/default/report/index.html
"""

import tempfile
import time
from pathlib import Path

import jupytext
import papermill
from nbformat import NotebookNode
from traitlets.config import Config

from beyond_mle import config
from beyond_mle.errors import UserError, exit_cleanly
from beyond_mle.files import write_text
from beyond_mle.report.html import to_html
from beyond_mle.report.page import Page
from beyond_mle.report.pages import INDEX, TITLES
from beyond_mle.report.provenance import provenance
from beyond_mle.stages import command_line


def main() -> None:
    """Render the notebook that the command line names."""
    parser = command_line.parser(__doc__, "config", "output")
    parser.add_argument("--notebook", type=Path, required=True, help="a py:percent source, named after its page")
    parser.add_argument("--results", type=Path, required=True, help="the folder results/{preset}")
    arguments = parser.parse_args()
    start = time.perf_counter()
    study = config.load_resolved(arguments.config)
    page = Page(arguments.notebook.stem, study, arguments.results)
    parameters = {"config": str(arguments.config), "results": str(arguments.results)}
    notebook = execute(arguments.notebook, parameters)
    inputs = [arguments.config, *page.inputs(), *page.speed_files]
    frame = {
        "title": TITLES[page.name],
        "preset": study.preset,
        "home": None if page.name == INDEX else f"{INDEX}.html",
        "caveat": study.caveat,
        "provenance": provenance(arguments.notebook, inputs, page.devices, time.perf_counter() - start),
    }
    write_text(arguments.output, to_html(notebook, frame))


def execute(source: Path, parameters: dict[str, str]) -> NotebookNode:
    """Run a py:percent notebook in the current folder.

    Args:
        source: the notebook.
        parameters: replace those of the cell tagged `parameters`.

    Returns:
        The notebook with its outputs; nothing in it depends on when it was run.

    Raises:
        UserError: if the file is missing or a cell fails.
    """
    try:
        notebook = jupytext.read(source, fmt="py:percent")
    except FileNotFoundError:
        raise UserError(f"{source}: no such notebook") from None
    try:
        # Sockets in a folder of their own: jobs side by side can pick the same TCP port, which others can reach too.
        with tempfile.TemporaryDirectory(prefix="kernel-") as sockets:
            executed = papermill.execute_notebook(
                notebook,
                None,
                parameters,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                cwd=Path.cwd(),
                config=Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/socket"}}),
            )
    except papermill.PapermillExecutionError as error:
        first_line = error.source.strip().splitlines()[0]
        reason = " ".join(f"{error.ename}: {error.evalue}".split())
        raise UserError(f"{source}, cell {error.exec_count} ({first_line}): {reason}") from None
    return _normalised(executed)


def _normalised(notebook: NotebookNode) -> NotebookNode:
    """Without times, and with numbers for the random cell ids."""
    notebook.metadata.pop("papermill", None)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
    return notebook


if __name__ == "__main__":
    exit_cleanly(main)
