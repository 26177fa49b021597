"""Who is compared in the plane: names, the π of the adversarial runs, and the points to draw."""

import math

import numpy as np
import pandas as pd
import pytest

from beyond_mle import config
from beyond_mle.jobs import jobs
from beyond_mle.report import duels
from beyond_mle.tasks.plane import Plane

STUDY = {
    "preset": "plane",
    "seeds": [1, 2],
    "tasks": {"plane-mixture": {"kind": "plane", "mixture_seed": 3}},
    "solvers": {
        "duel": {"kind": "minibatch", "steps": 1, "batch_size": 4, "learning_rate": 0.1, "validation": None},
        "minima-along-pi": {"kind": "minima", "along": "pi", "values": [0.1, 0.5], "anchors": [0.1]},
        "descent": {"kind": "minima", "starts": "model"},
    },
    "yardsticks": {"sample-quality": {"samples": 500}},
    "experiments": {
        "optima": {
            "task": "plane-mixture",
            "model": "isotropic-gaussian",
            "stages": {"js": {"objectives": ["js"], "solver": "minima-along-pi"}},
        },
        "others": {
            "task": "plane-mixture",
            "model": "isotropic-gaussian",
            "decoders": ["points"],
            "stages": {
                "descent": {"objectives": [{"js": {"pi": [0.1]}}], "solver": "descent"},
                "duel": {"objectives": [{"js-adversarial": {"pi": [0.1, 0.5]}}], "solver": "duel"},
            },
        },
    },
}


def row(objective: str, solver: str, pi: float, is_global: object, seed: int = 1, value: float = 1.0) -> dict:
    about = {"task": "plane-mixture", "model": "isotropic-gaussian", "mixture_seed": 3.0, "metric": "kl"}
    return {**about, "objective": objective, "solver": solver, "pi": pi, "is_global": is_global, "seed": seed,
            "value": value}  # fmt: skip


@pytest.fixture
def scores() -> pd.DataFrame:
    rows = [row("js", "minima-along-pi", pi, best) for pi in (0.1, 0.2) for best in (True, False)]
    rows += [row("js", "descent", 0.1, True), row("mle", "minima", math.nan, True)]
    rows += [row("js-adversarial", "duel", 0.1, None, seed, value=float(seed)) for seed in (1, 2)]
    return pd.DataFrame([*rows, {"task": "grammar", "model": "transformer", "objective": "js", "pi": 0.1}])


def test_competitors_are_the_duels_and_the_exact_fits_at_their_pi(scores):
    found = duels.competitors(scores)
    assert found.model.tolist() == ["exact-optimum", "exact-descent", "isotropic-gaussian", "isotropic-gaussian"]
    assert set(found.pi) == {0.1}
    assert duels.elsewhere(scores).task.tolist() == ["grammar"]


def test_an_estimate_is_kept_only_where_the_exact_value_is_not_known(scores):
    estimates = scores.assign(metric="kl-kernel", value=71.0)
    generator = estimates[estimates.objective == "js-adversarial"].assign(model="plane-generator")
    found = duels.competitors(pd.concat([scores, estimates, generator]))
    assert set(found[found.metric == "kl-kernel"].model) == {"plane-generator"}
    assert "kl" not in set(found[found.model == "plane-generator"].metric)


def test_a_table_without_the_plane_has_no_competitors(scores):
    text = scores[["task", "model", "objective", "solver", "metric", "value"]].tail(1)
    assert duels.competitors(text).empty
    assert len(duels.elsewhere(text)) == 1


def test_means_have_a_row_per_competitor_and_pi(scores):
    of_p = pd.DataFrame([(3, "p", "coverage", 1.0)], columns=["mixture_seed", "model", "metric", "value"]).assign(
        pi=math.nan
    )
    found = duels.means(pd.concat([of_p, duels.competitors(scores)]))
    assert found.columns.tolist() == ["mixture_seed", "model", "pi", "coverage", "kl"]
    assert found.model.tolist() == ["p", "exact-optimum", "exact-descent", "isotropic-gaussian"]
    assert found.kl.tolist() == pytest.approx([math.nan, 1.0, 1.0, 1.5], nan_ok=True)
    assert duels.means(of_p.iloc[:0]).empty


def test_samples_of_p_cover_it_and_are_nearly_p():
    study, mixtures = config.check(STUDY), {3: Plane(Plane.Options(mixture_seed=3))}
    found = duels.of_p(study, mixtures).set_index("metric").value
    assert found["coverage"] == 1
    assert 0 < found["kl-kernel"] < 1
    without = config.check({**STUDY, "yardsticks": {"sample-quality": False}})
    assert duels.of_p(without, mixtures).empty


def test_points_are_those_of_the_first_seed_at_the_chosen_pi():
    mixtures, read = {3: Plane(Plane.Options(mixture_seed=3))}, []
    fit = {"mixture_seed": 3, "objective": "js", "is_global": True, "mean_x": 5.0, "mean_y": -5.0, "sigma": 0.1}
    fits = [{**fit, "solver": "minima-along-pi", "pi": pi} for pi in (0.1, 0.5)]
    optima = pd.DataFrame([*fits, {**fit, "solver": "descent", "pi": 0.1}])

    def outputs(run, decoder):
        read.append((run.key, decoder))
        return [[[float(run.seed), 2.0]]]

    found = duels.drawn(jobs(config.check(STUDY)).values(), outputs, optima, mixtures, [0.1, 0.9], samples=50)
    assert [key.split("/")[-2:] for key, _ in read] == [["js,pi=0.1", "seed1"], ["js-adversarial,pi=0.1", "seed1"]]
    assert found.groupby("model", sort=False).size().to_dict() == {
        "p": 50,
        "exact-optimum": 50,
        "exact-descent": 1,
        "isotropic-gaussian": 1,
    }
    np.testing.assert_allclose(found[found.model == "exact-optimum"][["x", "y"]].mean(), [5, -5], atol=0.1)
    assert duels.drawn([], outputs, optima, {}, [0.1]).empty
