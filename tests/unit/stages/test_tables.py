"""The stages that make files from scores: collect, tabulate, scorecard, identities."""

import json

import numpy as np
import pandas as pd
import pytest

MLE = "g/transformer/mle/seed1"
CONVEX = "g/transformer/convex-exp,order=3/seed1"


def test_every_score_is_a_row_of_the_long_table(finished):
    table = pd.read_csv(finished.layout.table)
    runs = table[~table.objective.isin(["scheduled-sampling", "bound", "em"])]
    files = list(finished.layout.results.glob("runs/**/scores.json"))
    assert len(runs) == sum(len(json.loads(file.read_text())["scores"]) for file in files)
    assert len(files) == 8
    assert not runs.duplicated(["task", "model", "objective", "order", "decoder", "metric", "pi", "seed"]).any()
    convex = runs[(runs.objective == "convex-exp") & (runs.order == 3) & (runs.decoder == "greedy")]
    scores = {
        row["metric"]: row["value"]
        for row in json.loads(finished.layout.scores(CONVEX).read_text())["scores"]
        if row["decoder"] == "greedy"
    }
    assert dict(zip(convex.metric, convex.value, strict=True)) == pytest.approx(scores)
    assert set(convex.control) == {"mle-continued"}
    assert not convex.exact.any()


def test_identities_are_rows_of_the_long_table_too(finished):
    table = pd.read_csv(finished.layout.table)
    identities = pd.read_csv(finished.layout.identities)
    rows = table[table.objective.isin(["scheduled-sampling", "bound", "em"])]
    assert len(rows) == len(identities)
    np.testing.assert_allclose(rows.value, identities.value, rtol=1e-6)
    assert rows.exact.all()
    assert set(rows.task) == {"strings-pairs", "strings-triples", "random-sums"}


def test_the_equations_are_checked_in_a_table_of_their_own(finished):
    errata = pd.read_csv(finished.layout.errata)
    assert len(errata) == 17
    assert (errata.deviation_corrected < 0.01).all()


def test_collect_needs_every_score(finished):
    before = finished.layout.table.read_bytes()
    finished.layout.scores(MLE).unlink()
    assert finished.refused("collect") == (
        f"{finished.layout.scores(MLE)}: no such file, although the study lists it; run snakemake to make it"
    )
    finished.layout.scores(MLE).write_text("half a fi")
    assert "not JSON" in finished.refused("collect")
    assert finished.layout.table.read_bytes() == before


@pytest.mark.parametrize("stage", ["identities", "collect"])
def test_equal_input_gives_equal_files(finished, stage):
    files = [finished.layout.identities, finished.layout.errata, finished.layout.table]
    before = [file.read_bytes() for file in files]
    finished.run(stage)
    assert [file.read_bytes() for file in files] == before


def test_tabulate_sets_means_beside_the_control_s_and_the_paper_s(finished):
    assert "rows" in finished.run("tabulate", page="table1_autoregressive")
    table = pd.read_csv(finished.layout.page_table("table1_autoregressive"))
    bleu = table[(table.metric == "bleu") & (table.decoder == "greedy")].set_index(["objective", "order"])
    scores = {
        row["metric"]: row["value"]
        for row in json.loads(finished.layout.scores(CONVEX).read_text())["scores"]
        if row["decoder"] == "greedy"
    }
    assert bleu["mean"]["convex-exp", 3] == pytest.approx(scores["bleu"], abs=1e-5)
    control = bleu.reset_index().set_index("objective")["mean"]["mle-continued"]
    assert bleu.control["convex-exp", 3] == pytest.approx(control, abs=1e-5)
    assert bleu.paper["convex-exp", 1] == 26.92
    assert set(table.task) == {"g"}


def test_a_page_that_no_experiment_names_is_refused(finished):
    message = finished.refused("tabulate", page="table1_auto")
    assert message.startswith("preset 'tiny' has no page 'table1_auto': did you mean 'table1_autoregressive'?")
    assert not finished.layout.page_table("table1_auto").exists()


def test_a_page_without_its_scores_is_refused(finished):
    finished.layout.scores(MLE).unlink()
    assert "scores.json: no such file" in finished.refused("tabulate", page="table1_autoregressive")
    assert not finished.layout.page_table("table1_autoregressive").exists()


def test_the_scorecard_gives_every_claim_and_equation_a_verdict(finished):
    printed = finished.run("scorecard")
    card = json.loads(finished.layout.scorecard.read_text())
    verdicts = {row["id"]: row["verdict"] for row in card}
    assert {name: verdicts[name] for name in ("wide", "narrow", "absent")} == {
        "wide": "replicated",
        "narrow": "contradicted",
        "absent": "not run",
    }
    assert verdicts["huszar-eq-18"] == "fails"
    assert "ours: contradicted 1, not run 1, replicated 1" in printed
    assert {row["family"] for row in card} == {"ours", "mathematics"}


def test_a_claim_of_two_files_is_refused(finished):
    (finished.folder / "more.yaml").write_text((finished.folder / "claims.yaml").read_text())
    claims = [str(finished.folder / name) for name in ("claims.yaml", "more.yaml")]
    finished.values = {**finished.values, "claims": claims}
    finished.save()
    message = finished.refused("scorecard")
    assert message.endswith("more.yaml: the claim id 'wide' is used by another file of this study too")
    assert not finished.layout.scorecard.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [("ours: [", "not YAML"), (None, "claims.yaml: no such file"), ("ours: [{a: b, wher: {}}]", "wher")],
)
def test_a_faulty_file_of_claims_is_one_line(finished, text, message):
    (finished.folder / "claims.yaml").unlink()
    if text is not None:
        (finished.folder / "claims.yaml").write_text(text)
    assert message in finished.refused("scorecard")
    assert not finished.layout.scorecard.exists()


@pytest.mark.parametrize(("stage", "file"), [("collect", "identities"), ("scorecard", "table")])
def test_a_table_that_is_not_made_yet_is_one_line(finished, stage, file):
    getattr(finished.layout, file).unlink()
    assert finished.refused(stage).endswith("no such file; run snakemake to make it")
