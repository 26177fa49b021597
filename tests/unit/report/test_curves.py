import numpy as np
import pandas as pd
import pytest

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.report.curves import COLUMNS, effective_share, read_curves


def test_losses_and_validations_are_read_by_step(study, results):
    run = config.find_run(study, "grammar-ab/transformer/mle/seed2")
    curves = read_curves([run], results / "runs")
    validation = curves[curves.quantity == "validation"]
    assert dict(zip(validation.step, validation.value, strict=True)) == {20: 52.0, 40: 54.0}
    assert curves[curves.quantity == "loss"].value.tolist() == pytest.approx([0.3, 0.15, 0.1, 0.075])


def test_a_damaged_log_is_an_error_that_names_the_line(study, results):
    run = config.find_run(study, "grammar-ab/transformer/mle/seed2")
    with (results / "runs" / run.key / "training.jsonl").open("a") as file:
        file.write('{"step": 4')
    with pytest.raises(UserError, match=r"training\.jsonl, line 7: not JSON"):
        read_curves([run], results / "runs")


def test_other_quantities_are_read_where_they_were_logged(study, results):
    run = config.find_run(study, "grammar-ab/transformer/mle/seed2")
    with (results / "runs" / run.key / "training.jsonl").open("a") as file:
        file.write('{"step": 50, "weight": 2.0, "loss": 7}\n')
    curves = read_curves([run], results / "runs", ["weight", "reward"])
    assert curves[["step", "quantity", "value"]].to_numpy().tolist() == [[50, "weight", 2.0]]


def test_the_effective_share_is_that_of_unequal_weights():
    """Of four sentences of which one has all the weight, a quarter counts; of equal ones, all."""
    weights = {10: [0, 0, 0, 8e-30], 20: [3, 3, 3, 3]}
    rows = [
        ["t", "m", "o", 1, step, quantity, float(value)]
        for step, values in weights.items()
        for quantity, value in (("weight", np.mean(values)), ("weight_sd", np.std(values)), ("loss", 1.0))
    ]
    found = effective_share(pd.DataFrame(rows, columns=COLUMNS))
    assert list(found) == COLUMNS
    assert dict(zip(found.step, found.value, strict=True)) == pytest.approx({10: 25, 20: 100})
    assert effective_share(pd.DataFrame(columns=COLUMNS)).empty
