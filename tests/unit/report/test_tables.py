from pathlib import Path

import pandas as pd
import pytest

from beyond_mle.errors import UserError
from beyond_mle.report.effects import gap_name
from beyond_mle.report.published import load_published
from beyond_mle.report.tables import COLUMNS, read_table, tabulate, write_table

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "table3_nonautoregressive.csv"


@pytest.fixture
def published():
    return load_published(ROOT / "config" / "published.yaml")


@pytest.fixture
def table(study, results, published):
    truth = sorted((results / "truth").glob("*.json"))
    return tabulate(study, results / "runs", truth, published, "table1_autoregressive")


def cell(table: pd.DataFrame, *key: str, task: str = "grammar-ab") -> pd.Series:
    names = ["task", "model", "objective", "decoder", "metric"]
    rows = table[(table[names] == [task, *key]).all(axis=1)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_a_cell_has_mean_sample_sd_control_and_the_paper_number(table):
    row = cell(table, "transformer", "convex-exp", "greedy", "bleu")
    assert row["mean"] == pytest.approx(63.0)
    assert row["sd"] == pytest.approx(0.6)  # of 62.4, 63.0, 63.6 with divisor n − 1
    assert row["n_seeds"] == 3
    assert row["control"] == pytest.approx(61.0)
    assert row["paper"] == 26.92
    assert row["order"] == 1


def test_the_gap_between_searches_is_a_cell_like_others(table):
    row = cell(table, "transformer", "convex-exp", gap_name("beam5"), "bleu")
    assert row["mean"] == pytest.approx(2.5)  # 65.5 − 63
    assert row["sd"] == pytest.approx(0.6)  # of 1.9, 2.5, 3.1: seed by seed
    assert row["n_seeds"] == 3
    assert row["control"] == pytest.approx(4.0)
    assert row["paper"] == pytest.approx(0.86)
    closed = table[(table.task == "grammar-ba") & (table.decoder == gap_name("exact"))]
    assert dict(zip(closed.order, closed["mean"], strict=True)) == {0.0: 6.0, 1.0: 5.0, 3.0: 3.0}


def test_each_direction_has_its_own_seeds_and_numbers_of_the_paper(table):
    row = cell(table, "transformer", "convex-exp", "greedy", "bleu", task="grammar-ba")
    assert row["mean"] == pytest.approx(52.7)  # of 52.4 and 53
    assert row["n_seeds"] == 2
    assert row["paper"] == 30.32


def test_what_the_paper_prints_and_we_do_not_measure_has_a_row_without_mean(study, results, published):
    table = tabulate(study, results / "runs", [], published, "table3_nonautoregressive")
    row = cell(table, "vanilla-nat", "convex-exp", "single-pass", "comet")
    assert (row["n_seeds"], row["paper"], row["order"]) == (0, 57.25, 3)
    assert row[["mean", "sd", "control"]].isna().all()
    assert cell(table, "vanilla-nat", "mle", "single-pass", "speed-up", task="grammar-ba")["paper"] == 15.6
    assert not len(table[(table.model == "ctc") | (table.objective == "mle-continued") & (table.metric == "comet")])


def test_summaries_stand_beside_the_papers_rouge(study, results, published):
    table = tabulate(study, results / "runs", [], published, "table2_summarization")
    assert set(table.task) == {"grammar-summary"}
    row = cell(table, "transformer", "convex-exp", "beam5", "rouge2", task="grammar-summary")
    assert row["paper"] == 16.84
    assert row["control"] == pytest.approx(34.4)  # of seeds 1 and 2: 55 − 20 − 0.6


def test_first_stage_and_control_have_no_control(table):
    for objective in ("mle", "mle-continued"):
        assert pd.isna(cell(table, "transformer", objective, "beam5", "bleu")["control"])


def test_an_objective_that_the_paper_lacks_has_no_paper_number(table):
    assert pd.isna(cell(table, "transformer", "convex-exp-k3", "greedy", "bleu")["paper"])
    assert pd.isna(cell(table, "transformer", "mle-continued", "greedy", "bleu")["paper"])


def test_figures_that_need_no_decoding_are_under_decoder_none(table):
    assert cell(table, "transformer", "convex-exp", "none", "nll")["control"] == pytest.approx(3.55)


def test_reference_rows_stand_beside_the_runs(table):
    row = cell(table, "truth", "mode", "none", "bleu")
    assert row["mean"] == 80.0
    assert pd.isna(row["sd"])
    assert row["n_seeds"] == 1


def test_without_substitute_there_is_no_paper_number(study, results, published):
    own = study.model_copy(update={"substitutes": {}})
    table = tabulate(own, results / "runs", [], published, "table1_autoregressive")
    assert table["paper"].isna().all()


def test_one_seed_has_no_sd(study, results, published):
    experiments = [experiment.model_copy(update={"seeds": [2]}) for experiment in study.experiments]
    one = study.model_copy(update={"experiments": experiments})
    table = tabulate(one, results / "runs", [], published, "table1_autoregressive")
    assert table["sd"].isna().all()
    assert (table.loc[table["mean"].notna(), "n_seeds"] == 1).all()


def test_an_unknown_page_is_an_error_with_the_nearest_name(study, results, published):
    with pytest.raises(UserError, match="names the page 'table1_autoregresive': did you mean 'table1_autoregressive'"):
        tabulate(study, results / "runs", [], published, "table1_autoregresive")


def test_a_table_survives_writing_and_reading(table, tmp_path):
    write_table(table, tmp_path / "table.csv")
    again = read_table(tmp_path / "table.csv")
    assert list(again.columns) == COLUMNS
    pd.testing.assert_frame_equal(again, table.reset_index(drop=True), check_dtype=False, atol=1e-6)


def test_a_negative_zero_is_written_as_zero(table, tmp_path):
    table.loc[0, "mean"] = -1e-12
    write_table(table, tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text().splitlines()[1].split(",")[5] == "0.000000"


def test_the_bytes_of_a_table(study, results, published, tmp_path):
    """After an intended change, copy the file that the message names over the golden one."""
    truth = sorted((results / "truth").glob("*.json"))
    path = tmp_path / GOLDEN.name
    write_table(tabulate(study, results / "runs", truth, published, "table3_nonautoregressive"), path)
    assert path.read_bytes() == GOLDEN.read_bytes(), f"compare {path} with {GOLDEN}"
