from pathlib import Path

import pandas as pd
import pytest

from beyond_mle.report.effects import gap_name
from beyond_mle.report.published import load_published
from beyond_mle.report.results import measured, over_seeds
from beyond_mle.report.tables import COLUMNS, read_table, tabulate, write_table

ROOT = Path(__file__).parents[3]
NAN = float("nan")
CONTROLS = {"ab/transformer/convex-1": "ab/transformer/on", "ab/transformer/convex-3": "ab/transformer/on"}


@pytest.fixture
def published() -> pd.DataFrame:
    return load_published(ROOT / "config" / "published.yaml")


@pytest.fixture
def scores() -> pd.DataFrame:
    """Three seeds of a Transformer; by beam search they spread twice as much."""
    systems = {
        "mle": ("mle", NAN, 60.0, 64.0),
        "on": ("mle-continued", NAN, 61.0, 65.0),
        "convex-1": ("convex-exp", 1.0, 63.0, 65.5),
        "convex-3": ("convex-exp", 3.0, 64.0, 65.25),
    }
    return pd.DataFrame(
        {
            **{"task": "ab", "model": "transformer", "objective": objective, "solver": "s", "decoder": decoder},
            **{"metric": metric, "seed": seed, "value": value, "control": None, "exact": False},
            **{"certainty": certainty, "system": f"ab/transformer/{name}", "order": order},
        }
        for name, (objective, order, greedy, beam) in systems.items()
        for seed in (1, 2, 3)
        for decoder, metric, value, certainty in (
            ("greedy", "bleu", greedy + 0.6 * (seed - 2), "exact"),
            ("beam5", "bleu", beam + 1.2 * (seed - 2), "exact"),
            ("none", "nll", 3.5 + 0.1 * seed, "lower-bound"),
        )
    )


@pytest.fixture
def table(scores, published) -> pd.DataFrame:
    return tabulate(scores, CONTROLS, published, {"ab": "wmt14-ende"}, ["beam5"])


def cell(table: pd.DataFrame, objective: str, decoder: str, metric: str, order: float | None = None) -> pd.Series:
    names = ["objective", "decoder", "metric"]
    rows = table[(table[names] == [objective, decoder, metric]).all(axis=1)]
    rows = rows if order is None else rows[rows.order == order]
    assert len(rows) == 1
    return rows.iloc[0]


def test_a_cell_has_mean_sample_sd_control_and_the_paper_number(table):
    row = cell(table, "convex-exp", "greedy", "bleu", 1)
    assert row["mean"] == pytest.approx(63.0)
    assert row["sd"] == pytest.approx(0.6)  # of 62.4, 63.0, 63.6 with divisor n − 1
    assert row["n_seeds"] == 3
    assert row["control"] == pytest.approx(61.0)
    assert row["paper"] == 26.92


def test_the_gap_between_searches_is_a_cell_like_others(table):
    row = cell(table, "convex-exp", gap_name("beam5"), "bleu", 1)
    assert row["mean"] == pytest.approx(2.5)  # 65.5 − 63
    assert row["sd"] == pytest.approx(0.6)  # of 1.9, 2.5, 3.1: seed by seed
    assert row["n_seeds"] == 3
    assert row["control"] == pytest.approx(4.0)
    assert row["paper"] == pytest.approx(0.86)


def test_the_papers_number_stands_beside_its_own_order_only(table):
    assert pd.isna(cell(table, "convex-exp", "greedy", "bleu", 3)["paper"])
    assert pd.isna(cell(table, "mle-continued", "greedy", "bleu")["paper"])
    assert cell(table, "mle", "greedy", "bleu")["paper"] == 26.48


def test_what_the_paper_prints_and_we_do_not_measure_has_a_row_without_mean(table):
    row = cell(table, "mle", "beam5", "comet")
    assert (row["n_seeds"], row["paper"], row["certainty"]) == (0, 82.76, "exact")
    assert row[["mean", "sd", "control"]].isna().all()
    assert set(table[table["mean"].isna()].metric) == {"comet", "speed-up"}


def test_no_cell_stands_twice(table):
    assert not table.duplicated(
        [name for name in table if name not in ("mean", "sd", "n_seeds", "control", "paper")]
    ).any()


def test_first_stage_and_control_have_no_control(table):
    for objective in ("mle", "mle-continued"):
        assert pd.isna(cell(table, objective, "beam5", "bleu")["control"])


def test_the_certainty_of_a_number_reaches_its_cell(table):
    row = cell(table, "convex-exp", "none", "nll", 1)
    assert (row["certainty"], row["control"]) == ("lower-bound", pytest.approx(3.7))
    assert cell(table, "convex-exp", "greedy", "bleu", 1)["certainty"] == "exact"


def test_a_cell_is_compared_with_the_control_at_the_same_temperature(scores, published):
    drawn = scores[scores.decoder == "greedy"].assign(decoder="sample")
    hot, cold = drawn.assign(temperature=1.0), drawn.assign(temperature=0.5, value=drawn.value + 10)
    table = tabulate(pd.concat([hot, cold]), CONTROLS, published, {}, [], ["temperature"])
    convex = table[(table.objective == "convex-exp") & (table.order == 1)].set_index("temperature").control
    assert convex.to_dict() == pytest.approx({1.0: 61.0, 0.5: 71.0})


def test_without_substitute_there_is_no_paper_number(scores, published):
    assert tabulate(scores, CONTROLS, published, {}, ["beam5"])["paper"].isna().all()


def test_one_seed_has_no_sd(scores, published):
    table = tabulate(scores[scores.seed == 2], CONTROLS, published, {}, ["beam5"])
    assert table["sd"].isna().all()
    assert (table["n_seeds"] == 1).all()


def test_means_keep_the_folder_of_their_system(scores):
    cells = over_seeds(measured(scores, ["bleu"], "greedy"))
    assert cells.system.tolist() == [f"ab/transformer/{name}" for name in ("mle", "on", "convex-1", "convex-3")]


def test_a_table_survives_writing_and_reading(table, tmp_path):
    write_table(table, tmp_path / "table.csv")
    again = read_table(tmp_path / "table.csv")
    assert list(again.columns)[: len(COLUMNS)] == COLUMNS
    pd.testing.assert_frame_equal(again, table.reset_index(drop=True), check_dtype=False, atol=1e-6)


def test_the_bytes_of_a_table(table, tmp_path):
    table.loc[0, "mean"] = -1e-12
    write_table(table, tmp_path / "table.csv")
    lines = (tmp_path / "table.csv").read_text().splitlines()
    assert lines[:2] == [
        "task,model,objective,decoder,metric,mean,sd,n_seeds,control,paper,solver,order,certainty",
        "ab,transformer,mle,greedy,bleu,0.000000,0.600000,3,,26.48,s,,exact",  # no negative zero
    ]
    assert "ab,transformer,convex-exp,greedy,bleu,63.000000,0.600000,3,61.000000,26.92,s,1,exact" in lines
