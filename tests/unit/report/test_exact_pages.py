"""The pages of exact fits run on a study of a few small ones: on real files, and with fewer values than they show."""

import math
from pathlib import Path

import jupytext
import pandas as pd
import pytest
import torch

from beyond_mle import config
from beyond_mle.files import write_json, write_jsonl, write_text
from beyond_mle.formulas import errata, scheduled_sampling_table
from beyond_mle.jobs import jobs
from beyond_mle.layout import Layout
from beyond_mle.report.page import Page
from beyond_mle.report.published import load_published
from beyond_mle.report.results import controls
from beyond_mle.report.tables import tabulate, write_table
from beyond_mle.stages.fitted import fitted
from beyond_mle.stages.measure import measure
from beyond_mle.stages.train import train
from beyond_mle.tasks.plane import PlaneData
from beyond_mle.tasks.strings import FiniteLanguage, LanguageData, StringsOptions

ROOT = Path(__file__).parents[3]
PLANE = {"plane-mixture": {"mixture_seed": [22]}}
STUDY = {
    "preset": "few",
    "tasks": {
        "plane-mixture": {"kind": "plane", "grid_step": 0.4, "train": 200},
        "plane-mixtures": {"mixtures": 2},
        "strings-small": {"kind": "strings", "symbols": [2, 2]},
    },
    "models": {"string-network": {"width": 4}},
    "solvers": {
        "exact": {"kind": "full-batch", "steps": 20},
        "along-orders": {"kind": "full-batch", "steps": 20, "along": "order", "values": [0.5, 1]},
        "minima": {},
        "minima-along-pi": {"kind": "minima", "along": "pi", "values": [0.05, 0.1], "anchors": [0.05]},
        "minima-along-order": {"kind": "minima", "along": "order", "values": [0.1], "anchors": [0.1]},
        "descent": {"kind": "minima", "starts": "model"},
        "duel": {"kind": "minibatch", "steps": 3, "batch_size": 16, "learning_rate": 0.01, "validation": None},
        "diverging": {"kind": "minibatch", "steps": 3, "batch_size": 16, "learning_rate": 1e30, "validation": None},
    },
    "yardsticks": {"sample-quality": {"samples": 200}},
    "experiments": {
        "figure1": {
            "task": PLANE,
            "model": "isotropic-gaussian",
            "pages": ["gaussian_illustration", "adversarial"],
            "stages": {
                "limits": {"objectives": ["mle", "reverse-kl"], "solver": "minima"},
                "js": {"objectives": ["js"], "solver": "minima-along-pi"},
                "convex": {"objectives": ["convex-exp"], "solver": "minima-along-order"},
            },
        },
        "sample": {
            "task": "plane-mixtures",
            "model": "gaussian-per-case",
            "decoders": ["parameters"],
            "pages": ["gaussian_illustration"],
            "stages": {
                "js": {"objectives": ["reverse-kl", "js"], "solver": "minimum-per-case", "control": "reverse-kl"}
            },
        },
        "duels": {
            "task": PLANE,
            "model": "isotropic-gaussian",
            "decoders": ["points"],
            "pages": ["adversarial"],
            "stages": {
                "descent": {"objectives": [{"js": {"pi": [0.05]}}], "solver": "descent"},
                "duel": {"objectives": [{"js-adversarial": {"pi": [0.05, 0.9]}}], "solver": "duel"},
            },
        },
        "lost": {
            "task": PLANE,
            "model": "plane-generator",
            "pages": ["adversarial"],
            "stages": {"duel": {"objectives": [{"js-adversarial": {"pi": [0.05]}}], "solver": "diverging"}},
        },
        "sharpening": {
            "task": "strings-small",
            "model": ["tabular", "string-network"],
            "pages": ["sharpening_theory"],
            "stages": {
                "mle": {"objectives": ["mle"], "solver": "exact"},
                "orders": {"objectives": [{"convex-exp": {"average": "sentence"}}], "solver": "along-orders"},
            },
        },
    },
}
FIGURES = {
    "gaussian_illustration": {"figure1", "sample", "paths", "surfaces"},
    "sharpening_theory": {"sharpening", "weights", "agreement", "scheduled_sampling"},
    "adversarial": {"along_pi_22", "samples_22", "text"},
}


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    """All files of the study that pages read."""
    study = config.check(STUDY)
    folder = tmp_path_factory.mktemp("few")
    layout = Layout(folder)
    config.save(study, folder / "study.yaml")
    for key, job in jobs(study).items():
        train(job, layout)
        with fitted(job, layout) as found:
            for label, decoder in job.decoders.items():
                drawn = decoder.make().outputs(found.load()[0], found.data, "test", 1, torch.Generator().manual_seed(1))
                write_jsonl(layout.outputs(key, label), [{"outputs": points} for points in drawn])
        measure(job, layout)
        write_json(layout.prepared(job.run.task.label), {"splits": {}, "files": {}})
    language = FiniteLanguage(StringsOptions(symbols=[2, 2])).table
    three = FiniteLanguage(StringsOptions(symbols=[2, 2, 2])).table
    write_text(layout.identities, pd.DataFrame(scheduled_sampling_table.rows(language, three)).to_csv(index=False))
    write_text(layout.errata, pd.DataFrame(errata.sheet(0, 2, 1e-5)).to_csv(index=False))
    write_json(layout.scorecard, [])
    published = load_published(ROOT / "config" / "published.yaml")
    for name in FIGURES:
        page = Page(name, study, folder)
        write_table(tabulate(page.scores(), controls(page.jobs), published, {}, []), layout.page_table(name))
    return folder


@pytest.mark.parametrize("name", FIGURES)
def test_a_page_draws_what_there_is(name, results, monkeypatch):
    monkeypatch.chdir(ROOT)
    scope: dict = {}
    for cell in jupytext.read(ROOT / "notebooks" / f"{name}.py", fmt="py:percent").cells:
        if "parameters" in cell.metadata.get("tags", []):
            scope |= {"study": str(results / "study.yaml"), "results": str(results), "name": name}
        elif cell.cell_type == "code":
            exec(compile(cell.source, name, "exec"), scope)
    drawn = {path.stem for path in (results / "report" / "figures" / name).glob("*.svg")}
    assert drawn == FIGURES[name]
    assert all(path.exists() for path in scope["page"].inputs())


def test_a_page_finds_its_tasks_by_the_kind_of_their_data(results):
    page = Page("adversarial", config.check(STUDY), results)
    assert [data.p.options.mixture_seed for data in page.data(PlaneData).values()] == [22]
    assert page.data(LanguageData) == {}


def test_a_run_that_diverged_is_named_and_has_no_value(results):
    page = Page("adversarial", config.check(STUDY), results)
    lost = page.skipped().query("why.str.contains('diverged')")
    assert lost.models.tolist() == ["plane-generator"]
    scores = page.scores()
    assert math.isnan(scores[scores.model == "plane-generator"].value.sum(min_count=1))
