"""The notebooks, run on the tiny study: what their pages show is what its runs measured."""

import ast
import json
from functools import cache
from pathlib import Path
from statistics import mean, stdev

import IPython.display
import jupytext
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from beyond_mle.report.pages import INDEX, NOTEBOOKS, notebook_of, study_pages

ROOT = Path(__file__).parents[3]
STUDY = Path(__file__).parent / "study.yaml"


@pytest.mark.parametrize("path", sorted((ROOT / NOTEBOOKS).glob("*.py")), ids=lambda path: path.stem)
def test_notebooks_are_short(path):
    assert len(path.read_text().splitlines()) <= 80


@pytest.fixture(scope="module")
def shown(finished):
    """Runs a page's notebook, each once, without a kernel: what it displayed, as HTML."""

    @cache
    def run(page: str) -> BeautifulSoup:
        displayed: list[object] = []
        scope: dict = {}
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(ROOT)
            patch.setattr(IPython.display, "display", lambda *things: displayed.extend(things))
            for cell in jupytext.read(notebook_of(page), fmt="py:percent").cells:
                if "parameters" in cell.metadata.get("tags", []):
                    scope |= {"study": str(STUDY), "results": str(finished), "name": page}
                elif cell.cell_type == "code":
                    displayed.append(_run(cell.source, scope))
        return BeautifulSoup("".join(getattr(thing, "data", None) or "" for thing in displayed), "html.parser")

    return run


def _run(source: str, scope: dict) -> object:
    """Run a cell; the value of its last line, if that is an expression."""
    *body, last = ast.parse(source).body
    exec(compile(ast.Module(body, []), "cell", "exec"), scope)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "cell", "eval"), scope)
    exec(compile(ast.Module([last], []), "cell", "exec"), scope)
    return None


@pytest.fixture
def measured(finished):
    """The value of each seed, read from the files of the runs."""

    def read(system: str, decoder: str, metric: str) -> list[float]:
        files = sorted((finished / "runs" / system).glob("seed*/scores.json"))
        scores = [json.loads(file.read_text())["scores"] for file in files]
        return [row["value"] for own in scores for row in own if (row["decoder"], row["metric"]) == (decoder, metric)]

    return read


@pytest.fixture
def data(shown, finished):
    """The data of a page's figure."""

    def read(page: str, figure: str) -> pd.DataFrame:
        shown(page)
        return pd.read_csv(finished / "report" / "figures" / page / f"{figure}.csv")

    return read


def table_with(soup: BeautifulSoup, caption: str) -> dict[str, list[list[str]]]:
    """The rows of the first table with such a caption: first cell → the further cells of each row that begins so."""
    figure = next(
        one for one in soup.find_all("figure", class_="table") if one.figcaption and caption in one.figcaption.text
    )
    rows: dict[str, list[list[str]]] = {}
    for tr in figure.select("tbody tr"):
        first, *others = [cell.text for cell in tr.find_all(["th", "td"])]
        rows.setdefault(first, []).append(others)
    return rows


def test_every_page_of_the_study_has_a_notebook_that_runs(study, finished, shown):
    exact = {"adversarial", "gaussian_illustration", "sharpening_theory"}
    for page in study_pages(study):
        if page not in exact:
            assert shown(page).find("table"), page
            drawn = {path.stem for path in (finished / "report" / "figures" / page).glob("*.svg")}
            assert drawn == {path.stem for path in (finished / "report" / "figures" / page).glob("*.csv")}


def test_table_1_prints_means_beside_the_control_and_the_paper(shown, measured):
    rows = table_with(shown("table1_autoregressive"), "BLEU by sacreBLEU")
    bleu = measured("grammar-ab/transformer/convex-exp,order=1", "greedy", "bleu")
    control = measured("grammar-ab/transformer/mle-continued", "greedy", "bleu")
    (first,) = rows["convex-exp, k = 1"]
    assert first[:3] == [f"{mean(bleu):.2f} ± {stdev(bleu):.2f}", f"{mean(control):.2f}", "26.92"]
    (third,) = rows["convex-exp, k = 3"]
    assert third[2] == "not published"  # the paper's order is 1


def test_table_1_shows_what_p_allows(shown, measured, data):
    rows = table_with(shown("table1_autoregressive"), "Without training")
    greedy, exact = (measured("grammar-ab/oracle/mle", name, "bleu")[0] for name in ("greedy", "exact"))
    assert rows["p"][0][:3] == [f"{value:.2f}".replace("-", "−") for value in (greedy, exact, exact - greedy)]
    gaps = data("table1_autoregressive", "search_gap").set_index("label")["value"]
    assert gaps["p"] == pytest.approx(exact - greedy, abs=1e-6)
    assert gaps["optimum of convex-exp, k = 1"] == pytest.approx(
        measured("grammar-ab/oracle/convex-exp", "exact", "bleu")[0]
        - measured("grammar-ab/oracle/convex-exp", "greedy", "bleu")[0],
        abs=1e-6,
    )


def test_table_2_prints_rouge_beside_the_papers(shown, measured):
    rows = table_with(shown("table2_summarization"), "ROUGE by rouge-score")
    (value,) = measured("grammar-summary/transformer/convex-exp", "beam5", "rouge1")
    assert rows["convex-exp, k = 3"][0][0] == f"{value:.2f}"
    assert "39.03" in rows["mle"][0]


def test_table_3_prints_the_speed_that_was_measured(shown, finished):
    speeds = json.loads((finished / "speed" / "grammar-ab.json").read_text())
    latency = {(row["model"], row["decoder"]): row["latency_ms"] for row in speeds}
    ratio = latency["transformer", "beam5"] / latency["vanilla-nat", "single-pass"]
    rows = table_with(shown("table3_nonautoregressive"), "BLEU by sacreBLEU; speed-up")
    assert rows["convex-exp, k = 3"][-1][1:3] == [f"{ratio:.1f}", "15.6"]


def test_lines_over_the_order_start_at_the_control(data, measured):
    rows = data("convex_functions", "by_order")
    bleu = rows[(rows.metric == "bleu") & (rows.model == "transformer")].groupby("order").value.mean()
    assert list(bleu.index) == [0, 1, 3]
    for order, name in ((0, "mle-continued"), (1, "convex-exp,order=1"), (3, "convex-exp,order=3")):
        assert bleu[order] == pytest.approx(
            mean(measured(f"grammar-ab/transformer/{name}", "greedy", "bleu")), abs=1e-6
        )


def test_gains_are_over_the_control_seed_by_seed(data, measured):
    rows = data("convex_functions", "gains").query("model == 'vanilla-nat' and metric == 'validity'")
    own = measured("grammar-ab/vanilla-nat/convex-exp", "single-pass", "validity")
    control = measured("grammar-ab/vanilla-nat/mle-continued", "single-pass", "validity")
    differences = [a - b for a, b in zip(own, control, strict=True)]
    found = rows[rows.label == "convex-exp, k = 3"].sort_values("seed").value
    assert found.tolist() == pytest.approx(differences, abs=1e-6)


def test_the_frontier_has_the_temperatures_of_the_control(data, measured):
    rows = data("sharpness_and_diversity", "frontier").query("metric == 'bleu'")
    rows = rows.groupby(["curve", "at"], dropna=False)[["x", "y"]].mean()
    for temperature, label in ((1.0, "sample"), (0.5, "sample,temperature=0.5")):
        for axis, metric in (("x", "distinct-outputs"), ("y", "bleu")):
            wanted = mean(measured("grammar-ab/transformer/mle-continued", label, metric))
            assert rows.loc[("temperature", temperature), axis] == pytest.approx(wanted, abs=1e-6)
    greedy = mean(measured("grammar-ab/transformer/mle-continued", "greedy", "bleu"))
    assert rows.loc[("temperature", 0)].tolist() == pytest.approx([1, greedy], abs=1e-6)
    temperatures = {("temperature", at) for at in (1, 0.5, 0)}
    assert set(rows.index) == temperatures | {("convex-exp", 1), ("convex-exp", 3)} | {
        key for key in rows.index if key[0] == "convex-pure"
    }


def test_samples_are_told_apart_by_their_temperature(shown):
    rows = table_with(shown("sharpness_and_diversity"), "Samples, at the temperature")
    assert [row[0] for row in rows["mle-continued"]] == ["sample, τ = 1", "sample, τ = 0.5"]


def test_gains_by_styles_are_those_of_the_styles(data, measured):
    rows = data("modality_and_length", "gain_by_styles")
    assert set(zip(rows.odds, rows.styles, strict=True)) == {
        ("equal odds", 1),
        ("equal odds", 2),
        ("unequal odds", 2),
    }
    unequal = rows[(rows.odds == "unequal odds") & (rows.styles == 2) & (rows.metric == "validity")]
    (own,), (control,) = (
        measured(f"grammar-styles,styles=2,zipf=0.5/vanilla-nat/{name}", "single-pass", "validity")
        for name in ("convex-exp", "mle-continued")
    )
    assert unequal["value"].tolist() == pytest.approx([own - control], abs=1e-6)


def test_scheduled_sampling_is_compared_with_mle(data, measured):
    rows = data("scheduled_sampling", "dependence").query("metric == 'nll'")
    own, control = (measured(f"grammar-ab/transformer/{name}", "none", "nll") for name in ("ss-linear", "mle"))
    assert rows.value.mean() == pytest.approx(mean(a - b for a, b in zip(own, control, strict=True)), abs=1e-6)
    epsilon = data("scheduled_sampling", "epsilon").query("quantity == 'epsilon-formula' and seed == 1")
    assert epsilon.set_index("step").value.to_dict() == {0: 1.0, 1: 0.75, 2: 0.5, 3: 0.25, 4: 0.0}


def test_bounds_are_printed_as_bounds_beside_the_exact_value(shown, measured, data):
    rows = table_with(shown("latent_variables"), "what the bound falls short by")
    vae = next(own for label, own in rows.items() if label.startswith("elbo-as-printed"))
    (bound, exact) = (mean(measured("plane-hidden/vae/elbo-as-printed", "none", name)) for name in ("nll", "nll-exact"))
    assert bound > exact
    known = data("latent_variables", "bounds").query("objective == 'elbo-as-printed'").groupby("model").value.mean()
    assert known[["bound", "exact"]].tolist() == pytest.approx([bound, exact], abs=1e-6)
    assert vae


def test_em_is_shown_step_by_step_and_never_falls(data):
    climbs = data("latent_variables", "em_gaussian-mixture").query(
        "objective == 'mle' and quantity == 'log_likelihood'"
    )
    assert set(climbs.seed) == {1, 2}
    assert climbs.step.max() == 5
    assert climbs.sort_values("step").groupby("seed").value.is_monotonic_increasing.all()


def test_an_experiment_without_a_page_shows_all_its_members(shown, finished):
    soup = shown("plane-fits")
    rows = table_with(soup, "Without outputs")
    scores = json.loads((finished / "runs/mixture/isotropic-gaussian/js/seed1/scores.json").read_text())["scores"]
    members = {(row["pi"], row["branch"]) for row in scores}
    assert sum(len(own) for label, own in rows.items() if label.startswith("js, π = ")) == len(members)
    assert not soup.find("img")  # its log counts members, not steps
    assert "js" in table_with(soup, "What the runs minimise")


def test_an_experiment_without_a_page_tells_variants_apart(shown, measured):
    rows = table_with(shown("finite-fits"), "Without outputs")
    assert {"mle, average = sentence", "mle, average = token"} <= set(rows)
    (value,) = measured("language/tabular/mle,average=token", "none", "sequence-entropy")
    assert f"{value:.3f}" in rows["mle, average = token"][0]


def test_an_experiment_of_text_has_curves_and_outputs(shown):
    soup = shown("text-fits")
    assert "Learning curves of transformer" in soup.text
    assert "mle" in table_with(soup, "Outputs")


def test_the_index_says_what_was_skipped(shown, finished):
    soup = shown(INDEX)
    skipped = {kind for path in finished.rglob("scores.json") for kind in json.loads(path.read_text())["skipped"]}
    assert skipped == set(table_with(soup, "Not measured, and why"))
