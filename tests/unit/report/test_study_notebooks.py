"""The notebooks of the default study's smaller experiments run on made-up results, and on a study without such runs."""

import json
import math
from pathlib import Path
from random import Random

import jupytext
import pandas as pd
import pytest

from beyond_mle import config
from beyond_mle.files import write_json, write_text
from beyond_mle.report.published import load_published
from beyond_mle.report.tables import tabulate, write_table
from beyond_mle.stages import adversarial

ROOT = Path(__file__).parents[3]
FIGURES = {
    "convex_functions": {"quality_by_order", "sharpness_by_order", "gains", "second_stage", "from_scratch"},
    "sharpness_and_diversity": {
        *(f"{name}_{metric}" for name in ("frontier", "self_bleu") for metric in ("bleu", "validity")),
        "sharpness",
        "diversity",
    },
    "modality_and_length": {"gain_by_styles", "level_by_styles", "gain_by_length", "exponents"},
    "scheduled_sampling": {"epsilon", "training", "gains", "dependence"},
    "adversarial": {"text", "training"},
}
"""Page → the figures of its runs."""


@pytest.fixture(scope="module")
def study() -> config.Study:
    """The default study's experiments that these pages show."""
    whole = config.load(ROOT / "config" / "default.yaml")
    smoke = config.load(ROOT / "config" / "smoke.yaml")
    shown = [experiment for experiment in whole.experiments if set(experiment.pages) & set(FIGURES)]
    return whole.model_copy(update={"experiments": shown, "adversarial": smoke.adversarial})


@pytest.fixture(scope="module")
def results(study: config.Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    write_made_up(study, folder)
    adversarial.write(adversarial.compete(study.adversarial), folder)
    return folder


@pytest.fixture(scope="module")
def without_p(study: config.Study, results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same on tasks of which p is not known."""
    folder = tmp_path_factory.mktemp("without_p")
    write_made_up(study, folder, p_is_known=False)
    copy_plane(results, folder)
    return folder


@pytest.mark.parametrize("page", FIGURES)
def test_a_page_draws_all_its_figures(page: str, results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    execute(page, results, monkeypatch)
    drawn = {path.stem: pd.read_csv(path) for path in (results / "report" / "figures" / page).glob("*.csv")}
    assert set(drawn) >= FIGURES[page]
    assert all(len(drawn[name]) for name in FIGURES[page])


@pytest.mark.parametrize("page", FIGURES)
def test_a_page_says_so_where_nothing_was_measured(
    page: str, study: config.Study, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other presets have no such runs; `adversarial` shows the plane all the same."""
    other = study.model_copy(update={"experiments": []})
    config.save(other, tmp_path / "study.yaml")
    copy_plane(results, tmp_path)
    execute(page, tmp_path, monkeypatch)
    for name in FIGURES[page]:
        figure = tmp_path / "report" / "figures" / page / name
        assert len(figure.with_suffix(".csv").read_text().splitlines()) <= 1
        assert figure.with_suffix(".svg").exists()


@pytest.mark.parametrize("page", FIGURES)
def test_a_page_does_without_metrics_that_need_p(page: str, without_p: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    execute(page, without_p, monkeypatch)


def copy_plane(results: Path, folder: Path) -> None:
    """The files of adversarial training in the plane, which every study has."""
    for name in ("tables/adversarial_plane.csv", "adversarial/samples.csv"):
        write_text(folder / name, (results / name).read_text())


def execute(page: str, results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the cells of a notebook without a kernel."""
    monkeypatch.chdir(ROOT)
    scope: dict = {}
    source = ROOT / "notebooks" / f"{page}.py"
    for cell in jupytext.read(source, fmt="py:percent").cells:
        if "parameters" in cell.metadata.get("tags", []):
            scope |= {"config": str(results / "study.yaml"), "results": str(results)}
        elif cell.cell_type == "code":
            exec(compile(cell.source, source.name, "exec"), scope)


def write_made_up(study: config.Study, folder: Path, p_is_known: bool = True) -> None:
    """Results of every run of a study, with the tables of its pages."""
    config.save(study, folder / "study.yaml")
    for run in config.runs(study):
        _write_run(study, run, folder / "runs" / run.key, p_is_known)
    published = load_published(ROOT / "config" / "published.yaml")
    for task in study.tasks:
        write_json(folder / "truth" / f"{task}.json", [])
    for page in config.pages(study):
        truth = [folder / "truth" / f"{task}.json" for task in study.tasks]
        write_table(tabulate(study, folder / "runs", truth, published, page), folder / "tables" / f"{page}.csv")


def _write_run(study: config.Study, run: config.Run, folder: Path, p_is_known: bool) -> None:
    chance = Random(run.key)
    task, model = study.tasks[run.task], study.models[run.model]
    entry = config.objective(study, run)
    kind = entry.kind
    order = {"convex-exp": getattr(entry.options, "order", 0), "convex-power": 0.5, "convex-pure": 6}.get(kind, 0)
    sharp = order / (2 + order) + (getattr(entry.options, "pi", 0) if "js" in kind else 0)
    one_pass = model["kind"] != "transformer"
    gain = (12 if one_pass else 3) * sharp * math.log2(2 * task.get("styles", 4)) / 3 - 0.3 * max(0, order - 4)
    for decoder in run.decoders:
        heat = study.decoders[decoder].get("temperature", 1)
        sampled = "sample" in decoder
        base = (45 if one_pass else 62) + gain + (12 * (1 - heat) - 14 if sampled else 0) + chance.gauss(0, 0.7)
        own = {"bleu": base, "chrf": base + 5, "repetition": (12 if one_pass else 1) * (1.2 - sharp)}
        own |= {"distinct-1": 4 - sharp, "distinct-2": 12 - 3 * sharp}
        known = {"validity": 0.9 * base, "mode-hit": 0.4 * base, "log-p": -3.0}
        if sampled:
            spread = heat * (1 - 0.5 * sharp)
            own |= {"distinct-outputs": 1 + 6.5 * spread + chance.gauss(0, 0.1), "self-bleu": 95 - 60 * spread}
            known |= {"support-coverage": 20 + 30 * spread}
        metrics = own | (known if p_is_known else {})
        write_json(folder / "scores" / f"{decoder}.json", {"metrics": metrics, "signatures": {}, "paired": {}})
    tokens = 9.0 * task.get("main_clauses", 1)
    nll = tokens * (0.45 + 0.1 * sharp + chance.gauss(0, 0.004))
    own = {"nll": nll, "nll-token": nll / tokens, "entropy": 0.45 - 0.3 * sharp + chance.gauss(0, 0.01)}
    known = {"kl": 0.3 + sharp, "js": 0.1 + 0.2 * sharp, "total-variation": 0.3 + 0.3 * sharp}
    known |= {"q-mode": 0.2 + 0.3 * sharp, "log-q-mode": -1.5 + sharp, "support-mass": 60 + 20 * sharp}
    metrics = own | (known if p_is_known else {})
    write_json(folder / "scores" / "model.json", {"metrics": metrics, "signatures": {}, "paired": {}})
    write_text(folder / "training.jsonl", "".join(json.dumps(row) + "\n" for row in _log(study, run, entry, chance)))
    write_json(folder / "training.json", {"steps": 1, "parameters": 1, "device": "CPU (made up)"})


def _log(study: config.Study, run: config.Run, entry: config.Entry, chance: Random) -> list[dict]:
    steps = study.training[run.training].steps
    rows = []
    for step in range(20, steps + 1, 20):
        row = {"step": step, "loss": 3 / step, "nll": 0.4 + 20 / step, "gradient_norm": 1 + 10 / step}
        if hasattr(entry.options, "average"):
            order = getattr(entry.options, "order", 6 if "pure" in entry.kind else 0)
            weight = order * math.exp(-0.5 * order) if order else 1.0
            row |= {"weight": weight, "weight_sd": weight * order / 4 * chance.uniform(0.9, 1.1)}
        if hasattr(entry.options, "epsilon"):
            row["epsilon"] = entry.options.epsilon(step - 10)
        if "adversarial" in entry.kind:
            row |= {"reward": -1 / step, "discriminator_accuracy": 0.5 + 0.3 * entry.options.pi}
        rows.append(row)
        if step % 60 == 0:
            rows.append({"step": step, "validation": 60 - 300 / step + chance.gauss(0, 1)})
    return rows
