import pandas as pd

from beyond_mle.report.labels import hyper_parameters, labelled

SECTIONS = {"styles": "task", "temperature": "decoder", "order": "objective", "average": "objective"}


def rows(**columns) -> pd.DataFrame:
    own = {"task": "t", "model": "m", "objective": "convex-exp", "decoder": "sample", "metric": "bleu"}
    return pd.DataFrame({**own, "mean": [1.0, 2.0], **columns})


def test_what_tells_rows_apart_is_told_where_it_belongs():
    found = labelled(rows(styles=[1, 4], temperature=[1.0, 0.5], average="token"), SECTIONS)
    assert found.task_label.tolist() == ["t, styles = 1", "t, styles = 4"]
    assert found.decoder_label.tolist() == ["sample, τ = 1", "sample, τ = 0.5"]
    assert found.label.tolist() == ["convex-exp", "convex-exp"]
    assert hyper_parameters(found) == ["styles", "temperature", "average"]


def test_the_order_is_always_told_and_others_where_rows_of_one_name_differ():
    found = labelled(rows(order=3.0, average=["token", "sentence"]), SECTIONS)
    assert found.label.tolist() == ["convex-exp, k = 3, average = token", "convex-exp, k = 3, average = sentence"]
    assert found.system_label[0] == "m, convex-exp, k = 3, average = token"
    apart = labelled(rows(order=[3.0, None], average=["token", "sentence"], objective=["convex-exp", "mle"]), SECTIONS)
    assert apart.label.tolist() == ["convex-exp, k = 3", "mle"]


def test_what_no_section_has_belongs_to_the_training():
    found = labelled(rows(solver=["descent", "minima"], is_global=[True, False]), SECTIONS)
    assert found.label.tolist() == [
        "convex-exp, solver = descent, is_global = true",
        "convex-exp, solver = minima, is_global = false",
    ]


def test_what_follows_from_p_is_named_after_what_it_is():
    found = labelled(rows(model="oracle", objective=["mle", "convex-exp"], order=[None, 1.0]), SECTIONS)
    assert found.label.tolist() == ["p", "optimum of convex-exp, k = 1"]


def test_the_index_may_have_duplicates_and_the_table_no_rows():
    twice = pd.concat([rows(order=[1.0, 3.0])] * 2)
    assert labelled(twice, SECTIONS).label.tolist() == 2 * ["convex-exp, k = 1", "convex-exp, k = 3"]
    assert labelled(rows(order=1.0).iloc[:0], SECTIONS).empty
