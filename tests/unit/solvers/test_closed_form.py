"""A listed distribution is set to the objective's optimum, source by source."""

from pathlib import Path

import numpy as np
import pytest
import torch
from problems import problem

from beyond_mle.errors import UserError
from beyond_mle.files import read_jsonl
from beyond_mle.formulas import exponential_optimum
from beyond_mle.models.oracle import Oracle
from beyond_mle.solvers.closed_form import ClosedForm
from beyond_mle.solvers.solver import SolverOptions
from beyond_mle.tasks.grammar import Grammar


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grammar")
    task = Grammar(Grammar.Options(train=2000, dev=2, test=3, styles=2, clause=0, adjective=0))
    task.prepare({}, folder)
    return task.open(folder)


def oracle(data, objective: str, folder: Path, **options):
    run = problem(data, "oracle", objective, folder, **options)
    run.model.use(data)
    return run


@pytest.mark.parametrize("average", ["token", "sentence"])
def test_every_source_is_set_to_the_optimum(data, tmp_path, average):
    run = oracle(data, "convex-exp", tmp_path, order=2.0, average=average)
    fitted = ClosedForm(SolverOptions()).fit(run)
    for source, row in zip(data.pairs("test").sources(), data.truth(), strict=True):
        outputs, q = run.model.distribution(source)
        assert data.decode(outputs) == row["outputs"]
        p = np.exp(row["log_p"]) / np.exp(row["log_p"]).sum()
        lengths = np.array([len(output.split()) + Oracle.boundary for output in row["outputs"]])
        np.testing.assert_allclose(q, exponential_optimum.optimum(p, lengths, 2.0, average), atol=1e-12)
        assert q[0] > p[0]  # sharper at the mode
    (member,) = fitted.members
    assert torch.equal(member.weights["q_N"], run.model.q_N)
    assert fitted.summary == {"steps": 0}
    assert read_jsonl(tmp_path / "training.jsonl") == []


def test_maximum_likelihood_leaves_p(data, tmp_path):
    run = oracle(data, "mle", tmp_path)
    before = run.model.q_N.clone()
    ClosedForm(SolverOptions()).fit(run)
    torch.testing.assert_close(run.model.q_N, before)


def test_an_order_without_a_closed_form_is_an_error(data, tmp_path):
    lengths = {len(output.split()) + Oracle.boundary for row in data.truth() for output in row["outputs"]}
    with pytest.raises(UserError, match="needs an order below the shortest output's length"):
        ClosedForm(SolverOptions()).fit(oracle(data, "convex-exp", tmp_path, order=max(lengths) - 0.5))
