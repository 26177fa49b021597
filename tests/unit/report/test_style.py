import math

import numpy as np

from beyond_mle.config import check
from beyond_mle.jobs import jobs
from beyond_mle.metric import Metric
from beyond_mle.report.style import (
    COLOURS,
    bound_sign,
    difference_label,
    fixed,
    metric,
    metric_label,
    named,
    number,
    palette,
    shade,
    task_label,
)
from beyond_mle.yardsticks.overlap import OF_SUMS


def grey(colour: str) -> float:
    """How light a colour is."""
    return sum(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def test_an_objective_has_the_colour_of_its_kind_and_what_others_start_from_is_light(study):
    colours = palette(jobs(study).values())
    assert colours["convex-exp"] == COLOURS["convex-exp"]
    assert colours["ss-linear"] == COLOURS["scheduled-sampling"]
    assert colours["mle-continued"] == COLOURS["mle"]
    for name in ("mle", "mle-continued"):
        assert len({colours[name][i : i + 2] for i in (1, 3, 5)}) == 1  # grey
    assert grey(colours["mle"]) > grey(colours["mle-continued"])


def test_kinds_without_a_colour_of_their_own_get_further_ones():
    study = check(
        {
            "preset": "made-up",
            "tasks": {"words": {"kind": "grammar"}},
            "solvers": {"short": {"kind": "minibatch", "steps": 1, "batch_size": 10, "learning_rate": 0.1}},
            "experiments": {
                "one": {
                    "task": "words",
                    "model": "transformer",
                    "stages": {"all": {"objectives": ["brier", "token-power", "mle"], "solver": "short"}},
                }
            },
        }
    )
    colours = palette(jobs(study).values())
    assert len(set(colours.values())) == 3
    assert not {colours["brier"], colours["token-power"]} & set(COLOURS.values())


def test_a_larger_order_or_prior_is_darker_and_every_objective_stays_its_own_colour():
    for colour in COLOURS.values():
        by_order = [grey(shade(colour, order=order)) for order in (0, 0.25, 1, 3, 8)]
        by_prior = [grey(shade(colour, pi=pi)) for pi in (0.05, 0.5, 0.99)]
        assert by_order == sorted(set(by_order), reverse=True)
        assert by_prior == sorted(set(by_prior), reverse=True)
        assert shade(colour) == shade(colour, order=math.nan, pi=math.nan) == colour
    assert len(set(COLOURS.values())) == len(COLOURS)


def test_a_substitute_is_named_with_what_it_stands_for(study):
    assert task_label(study, "grammar-ab") == "grammar-ab, in place of wmt14-ende"
    assert task_label(study, "multi30k-ende") == "multi30k-ende"
    assert task_label(study, "grammar-ab", {"styles": 4, "zipf": 0.5}) == (
        "grammar-ab, styles = 4, zipf = 0.5, in place of wmt14-ende"
    )


def test_a_name_has_the_values_that_there_are():
    values = {"order": 0.25, "pi": float("nan"), "average": None, "temperature": 1.0, "is_global": True, "size": 5}
    assert named("convex-exp", values) == "convex-exp, k = 0.25, τ = 1, is_global = true, size = 5"
    assert named("mle", {}) == "mle"


def test_a_difference_is_named_after_the_better_side():
    assert difference_label("bleu") == "gain in bleu"
    assert difference_label("nll") == "change of nll (nats)"


def test_a_metric_has_unit_better_side_and_decimals():
    assert metric("bleu") == Metric("bleu", better="higher", decimals=2, matters=0.5, of_sums=OF_SUMS["bleu"])
    assert metric("validity") == Metric("validity", "%", "higher", 2, matters=2)
    assert metric("nll") == Metric("nll", "nats", "lower", 3, matters_share=0.01)
    assert metric("speed-up") == Metric("speed-up", decimals=1)
    assert metric("entropy").better is None


def test_a_bound_of_the_likelihood_bounds_what_follows_from_it():
    assert [bound_sign(name) for name in ("log-q-mode", "nll", "js")] == ["≥", "≤", None]


def test_percentages_have_two_decimals():
    assert number(27.567, "bleu") == "27.57"
    assert number(27.567, "rougel") == "27.57"
    assert number(27.567, "self-bleu") == "27.57"
    assert number(-0.1, "kl") == "−0.100"
    assert number(-1e-9, "kl") == "0.000"
    assert number(float("nan"), "bleu") == ""
    assert fixed(None, 2) == ""


def test_rounding_does_not_depend_on_the_type_of_a_number():
    assert fixed(0.0095, 3) == fixed(np.float64(0.0095), 3) == "0.010"


def test_units_stand_beside_the_name():
    assert metric_label("support-coverage") == "support-coverage (%)"
    assert metric_label("js") == "js (nats)"
    assert metric_label("distinct-outputs") == "distinct-outputs (per source)"
    assert metric_label("bleu") == "bleu"
