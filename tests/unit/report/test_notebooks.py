"""Every notebook runs on the made-up results; its cells run here without a kernel, which is faster."""

from pathlib import Path

import jupytext
import pandas as pd
import pytest
from beyond_mle.report.scores import read_scores

from beyond_mle import config
from beyond_mle.files import write_json
from beyond_mle.report.claims import load_claims
from beyond_mle.report.published import load_published
from beyond_mle.report.tables import tabulate, write_table
from beyond_mle.report.verdicts import scorecard
from beyond_mle.stages import illustrate, sharpen

ROOT = Path(__file__).parents[3]
PAGES = ["index", "gaussian_illustration", "sharpening_theory"]
PAGES += ["table1_autoregressive", "table2_summarization", "table3_nonautoregressive"]
"""Those that need no other runs than the made-up study's; the others are in test_study_notebooks."""


@pytest.fixture
def complete(study: config.Study, results: Path) -> Path:
    """The made-up results with tables and scorecard, and small exact fits."""
    published = load_published(ROOT / "config" / "published.yaml")
    truth = sorted((results / "truth").glob("*.json"))
    for name in config.pages(study):
        table = tabulate(study, results / "runs", truth, published, name)
        write_table(table, results / "tables" / f"{name}.csv")
    illustrate.write(illustrate.illustrate(study.illustration), results)
    sharpen.write(sharpen.tables(study.theory), results / "tables")
    claims = load_claims(ROOT / "config" / "claims.yaml")
    exact = {path.stem: pd.read_csv(path) for path in results.rglob("*.csv")}
    write_json(results / "scorecard.json", scorecard(claims, study, read_scores(study, results / "runs"), exact))
    return results


@pytest.mark.parametrize("page", PAGES)
def test_a_notebook_runs_and_saves_the_data_of_its_figures(page, complete, monkeypatch):
    monkeypatch.chdir(ROOT)
    parameters = {"config": str(complete / "study.yaml"), "results": str(complete)}
    scope: dict = {}
    notebook = ROOT / "notebooks" / f"{page}.py"
    for cell in jupytext.read(notebook, fmt="py:percent").cells:
        if "parameters" in cell.metadata.get("tags", []):
            scope |= parameters
        elif cell.cell_type == "code":
            exec(compile(cell.source, notebook.name, "exec"), scope)
    folder = complete / "report" / "figures" / page
    drawn = {path.stem for path in folder.glob("*.svg")}
    assert drawn == {path.stem for path in folder.glob("*.csv")}
    assert bool(drawn) == (page != "index")
