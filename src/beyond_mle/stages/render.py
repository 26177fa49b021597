"""Execute a notebook and render it as one HTML page that opens offline.

python -m beyond_mle render --study results/default/studies/….yaml --results results/default --page index \\
    --notebook notebooks/index.py
"""

import tempfile
import time
from pathlib import Path

import jupytext
import papermill
from nbformat import NotebookNode
from traitlets.config import Config

from beyond_mle.config import load_resolved
from beyond_mle.errors import UserError
from beyond_mle.files import write_text
from beyond_mle.report.html import to_html
from beyond_mle.report.page import Page
from beyond_mle.report.provenance import provenance
from beyond_mle.stages import command_line


def main() -> None:
    """Render the notebook that the command line names."""
    parser = command_line.parser(__doc__, "study", "results", "page")
    parser.add_argument("--notebook", type=Path, required=True, help="a py:percent source")
    arguments = parser.parse_args()
    start = time.perf_counter()
    study = load_resolved(arguments.study)
    page = Page(arguments.page, study, arguments.results)
    inputs = [arguments.study, *page.inputs(), *page.speed_files]
    if missing := next((path for path in inputs if not path.exists()), None):
        raise UserError(f"{missing}: no such file, although the page '{page.name}' shows it; run snakemake to make it")
    parameters = {"study": str(arguments.study), "results": str(arguments.results), "name": page.name}
    notebook = execute(arguments.notebook, parameters)
    frame = {
        "name": page.name,
        "pages": page.titles,
        "preset": study.preset,
        "caveat": page.caveat,
        "answer": page.answer().data if page.told else "",
        "provenance": provenance(
            arguments.notebook, inputs, page.devices, command_of(page), time.perf_counter() - start
        ),
    }
    write_text(page.layout.page(page.name), to_html(notebook, frame))


def command_of(page: Page) -> str:
    """What makes the page again, typed in the project's folder."""
    target = page.layout.page(page.name)
    return f"./run snakemake --cores all {target} --configfile config/{page.study.preset}.yaml"


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
