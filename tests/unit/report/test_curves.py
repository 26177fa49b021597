import pytest

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.report.curves import read_curves


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
