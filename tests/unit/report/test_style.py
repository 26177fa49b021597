from beyond_mle.report.style import metric_label, number, palette, task_label


def test_baselines_are_grey_and_others_have_colours_of_their_own(study):
    colours = palette(study)
    for grey in ("mle", "mle-continued"):
        red, green, blue = (colours[grey][i : i + 2] for i in (1, 3, 5))
        assert red == green == blue
    assert len({colours[name] for name in ("mle", "mle-continued", "convex-exp", "convex-exp-k3")}) == 4


def test_a_substitute_is_named_with_what_it_stands_for(study):
    assert task_label(study, "grammar-ab") == "grammar-ab, in place of wmt14-ende"
    assert task_label(study, "multi30k-ende") == "multi30k-ende"


def test_percentages_have_two_decimals():
    assert number(27.567, "bleu") == "27.57"
    assert number(27.567, "rougel") == "27.57"
    assert number(27.567, "self-bleu") == "27.57"
    assert number(-0.1, "kl") == "−0.100"
    assert number(-1e-9, "kl") == "0.000"
    assert number(float("nan"), "bleu") == ""


def test_units_stand_beside_the_name():
    assert metric_label("support-coverage") == "support-coverage (%)"
    assert metric_label("js") == "js (nats)"
    assert metric_label("distinct-outputs") == "distinct-outputs (per source)"
    assert metric_label("bleu") == "bleu"
