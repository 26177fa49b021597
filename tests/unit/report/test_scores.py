import pytest

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.report.scores import read_scores, read_truth, score_files


def test_a_run_has_a_score_file_per_decoder_and_one_for_the_model(study):
    run = next(config.runs(study))
    folder = "grammar-ab/transformer/mle/seed1/scores"
    assert score_files(run) == {
        "greedy": f"{folder}/greedy.json",
        "beam5": f"{folder}/beam5.json",
        "none": f"{folder}/model.json",
    }
    assert list(score_files(run, ("beam5",))) == ["beam5"]


def test_the_order_is_the_one_that_the_experiment_sets(study, results):
    scores = read_scores(study, results / "runs")
    convex = scores[scores.objective == "convex-exp"]
    assert dict(convex.groupby("model")["order"].first()) == {"transformer": 1.0, "vanilla-nat": 3.0}
    assert scores[scores.objective == "mle"]["order"].isna().all()


def test_a_selection_limits_models_and_decoders(study, results):
    scores = read_scores(study, results / "runs", {"transformer": ("beam5",)})
    assert set(scores.model) == {"transformer"}
    assert set(scores.decoder) == {"beam5"}


def test_a_missing_score_file_is_an_error_that_names_it(study, results):
    missing = results / "runs/grammar-ab/transformer/convex-exp/seed2/scores/beam5.json"
    missing.unlink()
    with pytest.raises(UserError, match=r"convex-exp/seed2/scores/beam5\.json: no such file"):
        read_scores(study, results / "runs")


@pytest.mark.parametrize("content", ["{", "[1]", "{}"])
def test_a_damaged_score_file_is_an_error_that_names_it(study, results, content):
    damaged = results / "runs/grammar-ab/transformer/mle/seed1/scores/model.json"
    damaged.write_text(content)
    with pytest.raises(UserError, match=r"mle/seed1/scores/model\.json: not"):
        read_scores(study, results / "runs")


def test_reference_rows_belong_to_the_task_that_the_file_names(results):
    truth = read_truth([results / "truth" / "grammar-ab.json"])
    assert set(truth.task) == {"grammar-ab"}
    closed = truth[(truth.objective == "closed-form") & (truth.decoder == "greedy") & (truth.metric == "bleu")]
    assert dict(zip(closed.order, closed.value, strict=True)) == {0.0: 74.0, 1.0: 75.0, 3.0: 77.0}
