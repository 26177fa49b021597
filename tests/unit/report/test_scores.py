import pytest
from beyond_mle.report.scores import read_scores, read_truth, score_files

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.files import write_json
from beyond_mle.study import Evaluation


def test_a_run_has_a_score_file_per_decoder_and_one_for_the_model(study):
    run = next(config.runs(study))
    folder = "grammar-ab/transformer/mle/seed1/scores"
    assert score_files(run) == {
        "greedy": f"{folder}/greedy.json",
        "beam5": f"{folder}/beam5.json",
        "none": f"{folder}/model.json",
    }


def test_the_order_is_the_one_that_the_experiment_sets(study, results):
    scores = read_scores(study, results / "runs")
    convex = scores[scores.objective == "convex-exp"]
    assert dict(convex.groupby("model")["order"].first()) == {"transformer": 1.0, "vanilla-nat": 3.0}
    assert scores[scores.objective == "mle"]["order"].isna().all()


def test_a_page_has_its_own_runs_only(study, results):
    scores = read_scores(study, results / "runs", "table1_autoregressive")
    assert set(scores.model) == {"transformer"}
    assert set(scores.task) == {"grammar-ab", "grammar-ba"}


def test_experiments_may_have_their_own_seeds(study, results):
    scores = read_scores(study, results / "runs")
    seeds = scores.groupby("task").seed.unique().map(list).to_dict()
    assert seeds == {"grammar-ab": [1, 2, 3], "grammar-ba": [1, 2], "grammar-summary": [1, 2]}


def test_comet_scores_are_read_where_the_study_names_a_model(study, results):
    runs = results / "runs"
    for run in config.runs(study):
        for decoder in run.decoders:
            scores = {"metrics": {"comet": 80.0 + run.seed}, "signatures": {}, "paired": {}}
            write_json(runs / run.key / "scores" / f"{decoder}.comet.json", scores)
    assert "comet" not in set(read_scores(study, runs).metric)
    own = study.model_copy(update={"evaluation": Evaluation(comet_model="Unbabel/wmt22-comet-da")})
    scores = read_scores(own, runs).set_index(["task", "model", "objective", "decoder", "metric", "seed"])["value"]
    assert scores["grammar-ab", "transformer", "convex-exp", "beam5", "comet", 2] == 82.0
    assert scores["grammar-ab", "transformer", "convex-exp", "beam5", "bleu", 2] == 65.5
    assert (*next(config.runs(own)).key.split("/")[:3], "none", "comet", 1) not in scores.index
    (runs / "grammar-ab/vanilla-nat/mle/seed1/scores/single-pass.comet.json").unlink()
    with pytest.raises(UserError, match=r"single-pass\.comet\.json: no such file"):
        read_scores(own, runs)


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
