import numpy as np

from beyond_mle.jobs import jobs
from beyond_mle.metric import Metric
from beyond_mle.report.style import (
    bound_sign,
    difference_label,
    fixed,
    metric,
    metric_label,
    named,
    number,
    palette,
    task_label,
)


def test_baselines_are_grey_and_variants_have_the_colour_of_their_objective(study):
    colours = palette(jobs(study).values())
    for grey in ("mle", "mle-continued"):
        red, green, blue = (colours[grey][i : i + 2] for i in (1, 3, 5))
        assert red == green == blue
    assert colours["convex-exp,order=1"] == colours["convex-exp,order=3"] == colours["convex-exp"]
    assert len({colours[name] for name in ("mle", "mle-continued", "convex-exp", "convex-pure", "ss-linear")}) == 5


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
    assert metric("bleu") == Metric("bleu", better="higher", decimals=2)
    assert metric("validity") == Metric("validity", "%", "higher", 2)
    assert metric("nll") == Metric("nll", "nats", "lower", 3)
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
