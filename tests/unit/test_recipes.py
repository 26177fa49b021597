"""Every recipe of docs/recipes.md, run as it is printed."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from beyond_mle import config
from beyond_mle.files import read_json
from beyond_mle.jobs import jobs
from beyond_mle.layout import Layout
from beyond_mle.report.pages import notebook_of
from beyond_mle.stages import measure, prepare, render, sample, train

ROOT = Path(__file__).parents[2]
RECIPES = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)

SECTIONS = {
    heading: dict(BLOCK.findall(section))
    for heading, section in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", RECIPES, re.MULTILINE | re.DOTALL)
}


@pytest.fixture
def stage(monkeypatch):
    """Runs a stage on a study, as its command line would."""

    def run(module, layout: Layout, *arguments: str) -> None:
        options = ["--study", "study.yaml", "--results", str(layout.results)]
        monkeypatch.setattr(sys, "argv", ["stage", *options, *arguments])
        module.main()

    return run


def make(heading: str, folder: Path, stage) -> tuple[Layout, dict[str, dict[tuple[str, str], float]]]:
    """Write a recipe's files, make its study up to the scores, and return these: run → (metric, decoder) → value."""
    for name, text in SECTIONS[heading].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    study = config.load(Path("study.yaml"))
    layout = Layout(Path("results") / study.preset)
    for task in dict.fromkeys(job.run.task.label for job in jobs(study).values()):
        stage(prepare, layout, "--task", task, "--sources", "results/sources")
    for key, job in jobs(study).items():
        stage(train, layout, "--run", key)
        for decoder in job.decoders:
            stage(sample, layout, "--run", key, "--decoder", decoder)
    for key in jobs(study):
        stage(measure, layout, "--run", key)
    scores = {key: read_json(layout.scores(key)) for key in jobs(study)}
    return layout, {
        key: {(row["metric"], row["decoder"]): row["value"] for row in one["scores"]} for key, one in scores.items()
    }


@pytest.fixture
def recipe(tmp_path, monkeypatch, stage):
    """Makes a recipe in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return lambda heading: make(heading, tmp_path, stage)


def test_there_is_a_recipe_for_every_noun() -> None:
    nouns = ["objective", "model", "task", "yardstick", "decoder", "solver", "page"]
    assert [heading.split()[-1] for heading in SECTIONS] == nouns


def test_an_objective(recipe) -> None:
    _, scores = recipe("An objective")
    found = [scores[f"pairs/tabular/{name}/seed1"] for name in ("half-power,k=0.5", "half-power,k=0.25", "mle")]
    entropies = [one["sequence-entropy", "none"] for one in found]
    assert entropies == sorted(entropies)
    assert all(one["distance-from-optimum", "none"] < 1e-3 for one in found)


def test_a_model(recipe) -> None:
    _, scores = recipe("A model")
    round_one, diagonal = (scores[f"mixture/{kind}-gaussian/mle/seed1"] for kind in ("isotropic", "diagonal"))
    assert diagonal["kl", "none"] < round_one["kl", "none"] - 0.01
    assert 0 < diagonal["coverage", "none"] <= 1  # by its samples


def test_a_task(recipe) -> None:
    _, scores = recipe("A task")
    # The Gaussian of maximum likelihood has the variance of p, 2 × scale².
    for scale in ("0.5", "1"):
        found = scores[f"laplace,scale={scale}/isotropic-gaussian/mle/seed1"]["sigma", "none"]
        assert found == pytest.approx(2**0.5 * float(scale), rel=1e-4)


def test_a_yardstick(recipe) -> None:
    _, scores = recipe("A yardstick")
    assert scores["pairs/tabular/mle/seed1"]["hellinger", "none"] == pytest.approx(0, abs=1e-3)
    assert 0.01 < scores["pairs/tabular/convex-exp/seed1"]["hellinger", "none"] < 1


def test_a_decoder(recipe) -> None:
    layout, scores = recipe("A decoder")
    (key,) = scores
    assert scores[key]["validity", "top-k,k=2"] == 100  # p gives nothing to what cannot be said
    outputs = layout.outputs(key, "top-k,k=5").read_text(encoding="utf-8").splitlines()
    assert len(outputs) == 10
    assert all(line.count('", "') == 2 for line in outputs)  # three samples


def test_a_solver(recipe) -> None:
    _, scores = recipe("A solver")
    assert scores["pairs/tabular/mle/seed1"]["kl", "none"] < 1e-3


def test_a_page(recipe, stage, tmp_path) -> None:
    (tmp_path / "config").mkdir()
    for name in ("published.yaml", "claims.yaml"):
        shutil.copy(ROOT / "config" / name, tmp_path / "config")
    layout, _ = recipe("A page")
    stage(render, layout, "--page", "gap", "--notebook", str(notebook_of("gap")))
    page = layout.page("gap").read_text(encoding="utf-8")
    assert "How far each model stays from p" in page
    assert "data:image/svg+xml" in page
    assert "string-network" in page


def test_the_readme_prints_the_recipe_of_an_objective() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert SECTIONS["An objective"].items() <= dict(BLOCK.findall(readme)).items()
