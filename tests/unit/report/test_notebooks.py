"""Every notebook runs on the made-up results; its cells run here without a kernel, which is faster."""

from pathlib import Path

import jupytext
import pytest

from beyond_mle import config
from beyond_mle.files import write_json
from beyond_mle.report.claims import load_claims, scorecard
from beyond_mle.report.published import load_published
from beyond_mle.report.scores import read_scores
from beyond_mle.report.tables import TABLES, tabulate, write_table
from beyond_mle.stages import adversarial, illustrate, sharpen

ROOT = Path(__file__).parents[3]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))


@pytest.fixture
def complete(study: config.Study, results: Path) -> Path:
    """The made-up results with tables and scorecard, and small exact fits."""
    published = load_published(ROOT / "config" / "published.yaml")
    for name in TABLES:
        table = tabulate(study, results / "runs", [results / "truth" / "grammar-ab.json"], published, name)
        write_table(table, results / "tables" / f"{name}.csv")
    claims = load_claims(ROOT / "config" / "claims.yaml")
    write_json(results / "scorecard.json", scorecard(claims, study, read_scores(study, results / "runs")))
    illustrate.write(illustrate.illustrate(study.illustration), results)
    adversarial.write(adversarial.compete(study.adversarial), results)
    sharpen.write(sharpen.tables(study.theory), results / "tables")
    return results


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_saves_the_data_of_its_figures(notebook, complete, monkeypatch):
    monkeypatch.chdir(ROOT)
    parameters = {"config": str(complete / "study.yaml"), "results": str(complete)}
    scope: dict = {}
    for cell in jupytext.read(notebook, fmt="py:percent").cells:
        if "parameters" in cell.metadata.get("tags", []):
            scope |= parameters
        elif cell.cell_type == "code":
            exec(compile(cell.source, notebook.name, "exec"), scope)
    folder = complete / "report" / "figures" / notebook.stem
    drawn = {path.stem for path in folder.glob("*.svg")}
    assert drawn == {path.stem for path in folder.glob("*.csv")}
    assert bool(drawn) == (notebook.stem != "index")
