import numpy as np
import pandas as pd
import pytest

from beyond_mle.errors import UserError
from beyond_mle.jobs import jobs
from beyond_mle.layout import Layout
from beyond_mle.report.curves import COLUMNS, RUN, effective_share, read_curves

KEY = "grammar-ab/transformer/convex-exp,order=3/seed2"


@pytest.fixture
def log(tmp_path):
    """The log of a run, and where it lies."""
    layout = Layout(tmp_path)
    path = layout.training_log(KEY)
    path.parent.mkdir(parents=True)
    path.write_text(
        '{"step": 20, "loss": 0.5, "weight": 2}\n{"step": 20, "validation": 52}\n{"step": 40, "loss": 0.25}\n'
    )
    return layout, path


def test_losses_and_validations_are_read_by_step(study, log):
    curves = read_curves([jobs(study)[KEY]], log[0])
    names = ["grammar-ab", "transformer", "convex-exp", "convex-exp, k = 3", 3.0]
    assert curves.drop(columns="pi").to_numpy().tolist() == [
        [*names, 2, 20, "loss", 0.5],
        [*names, 2, 20, "validation", 52],
        [*names, 2, 40, "loss", 0.25],
    ]
    assert curves.pi.isna().all()


def test_a_damaged_log_is_an_error_that_names_the_line(study, log):
    layout, path = log
    path.write_text(path.read_text() + '{"step": 4')
    with pytest.raises(UserError, match=r"training\.jsonl, line 4: not JSON"):
        read_curves([jobs(study)[KEY]], layout)


def test_other_quantities_are_read_where_they_were_logged(study, log):
    curves = read_curves([jobs(study)[KEY]], log[0], ["weight", "reward"])
    assert curves[["step", "quantity", "value"]].to_numpy().tolist() == [[20, "weight", 2]]


def test_the_effective_share_is_that_of_unequal_weights():
    """Of four sentences of which one has all the weight, a quarter counts; of equal ones, all."""
    weights = {1: [0, 0, 0, 8e-30], 2: [3, 3, 3, 3]}
    rows = [
        ["t", "m", "o", "o", None, None, seed, step, quantity, float(value)]
        for seed, values in weights.items()
        for step in (10, 20)
        for quantity, value in (("weight", np.mean(values)), ("weight_sd", np.std(values)), ("loss", 1.0))
    ]
    found = effective_share(pd.DataFrame(rows, columns=COLUMNS))
    assert list(found) == [*RUN, "value", "metric"]
    assert dict(zip(found.seed, found.value, strict=True)) == pytest.approx({1: 25, 2: 100})
    assert set(found.metric) == {"effective-share"}
    assert effective_share(pd.DataFrame(columns=COLUMNS)).empty
