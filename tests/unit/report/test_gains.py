import pandas as pd
import pytest
from beyond_mle.report.scores import COLUMNS, read_scores

from beyond_mle import config
from beyond_mle.report import effects, gains


@pytest.fixture
def scores(study, results):
    found = read_scores(study, results / "runs")
    return found[found.task == "grammar-ab"]


def test_gains_are_differences_by_seed(study, scores):
    """Seeds shift objective and control alike, so that the gain has no spread."""
    found = gains.gains(scores, config.runs(study), ["bleu"])
    assert list(found) == COLUMNS
    means = effects.over_seeds(found, ["bleu"]).set_index(["model", "objective", "decoder"])
    assert means["mean"].to_dict() == pytest.approx(
        {
            ("transformer", "convex-exp", "greedy"): 63 - 61,
            ("transformer", "convex-exp", "beam5"): 65.5 - 65,
            ("transformer", "convex-exp-k3", "greedy"): 64 - 61,
            ("transformer", "convex-exp-k3", "beam5"): 65.25 - 65,
            ("vanilla-nat", "convex-exp", "single-pass"): 40 - 22,
        }
    )
    assert means.sd.to_numpy() == pytest.approx(0)
    assert set(means.n_seeds) == {3}


def test_without_runs_there_are_no_gains(scores):
    assert gains.gains(scores, [], ["bleu"]).empty
    assert gains.searched(scores, []).empty


def test_the_first_decoder_is_kept_and_what_needs_none(study, scores):
    found = gains.searched(scores, config.runs(study))
    assert set(found[found.model == "transformer"].decoder) == {"greedy", "none"}
    assert set(found[found.model == "vanilla-nat"].decoder) == {"single-pass", "none"}


def test_lengths_count_what_the_loss_counts(study):
    """8 nats a sentence at 1 a position are 8 positions: with eos for the Transformer, without bos and eos for NAT."""
    rows = [
        ["grammar-ab", model, "mle", None, "none", metric, seed, value * seed]
        for model in ("transformer", "vanilla-nat")
        for metric, value in (("nll", 8.0), ("nll-token", 1.0))
        for seed in (1, 2)
    ]
    found = gains.lengths(study, pd.DataFrame(rows, columns=COLUMNS))
    assert dict(zip(found.model, found.length, strict=True)) == {"transformer": 8, "vanilla-nat": 10}


def test_exponents_follow_from_order_and_length():
    systems = pd.DataFrame(
        {
            "task": "t",
            "model": "m",
            "objective": ["mle", "one", "three", "three"],
            "order": [None, 1.0, 3.0, 3.0],
            "decoder": "greedy",
            "metric": ["bleu", "bleu", "bleu", "chrf"],
            "length": 4.0,
        }
    )
    found = gains.exponents(systems)
    assert found["mean"].tolist() == pytest.approx([4 / 3, 4.0])
    assert set(found.metric) == {"exponent"}


def test_a_single_style_belongs_to_both_kinds_of_odds():
    rows = pd.DataFrame({"styles": [1, 4, 4], "zipf": [0, 0, 0.5]})
    found = gains.odds(rows).groupby("odds").styles.apply(list).to_dict()
    assert found == {"equal odds": [1, 4], "unequal odds": [1, 4]}
