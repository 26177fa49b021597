"""L-BFGS on all of p: it ends where theory says, starts where it is told, and follows a hyper-parameter."""

import numpy as np
import pytest
import torch
from problems import language, problem
from pydantic import ValidationError

from beyond_mle.files import read_jsonl
from beyond_mle.solvers.full_batch import FullBatch

LANGUAGE = language(symbols=[2, 3, 2], seed=1)
P = LANGUAGE.p.p_N


def fit(run, **options):
    return FullBatch(FullBatch.Options(**options)).fit(run)


def distribution(member) -> np.ndarray:
    return member.weights["logits_N"].softmax(0).numpy()


def test_mle_ends_at_p_with_its_entropy_per_token_as_the_loss(tmp_path):
    fitted = fit(problem(LANGUAGE, "tabular", "mle", tmp_path), steps=200)
    (member,) = fitted.members
    np.testing.assert_allclose(distribution(member), P, atol=1e-8)
    (record,) = read_jsonl(tmp_path / "training.jsonl")
    assert record["loss"] == pytest.approx(LANGUAGE.p.entropy / 3, abs=1e-12)
    assert fitted.summary == {"steps": record["step"]}


def test_it_starts_from_the_weights_given_and_stops_in_time(tmp_path):
    run = problem(LANGUAGE, "tabular", "convex-exp", tmp_path, order=2)
    with torch.no_grad():
        run.model.logits_N.copy_(torch.tensor(LANGUAGE.p.log_p_N))
    before = run.model.logits_N.detach().clone()
    assert fit(run, steps=1).summary["steps"] <= 1
    assert 0 < (run.model.logits_N.detach() - before).abs().max() < 3


@pytest.mark.parametrize(
    ("objective", "options"), [("reverse-kl", {}), *(("js", {"pi": pi}) for pi in (0.001, 0.1, 0.5, 0.9, 0.999))]
)
def test_divergences_are_zero_at_p(objective, options, tmp_path):
    fitted = fit(problem(LANGUAGE, "tabular", objective, tmp_path, **options), steps=1000)
    assert np.abs(distribution(fitted.members[0]) - P).sum() / 2 < 1e-4
    assert read_jsonl(tmp_path / "training.jsonl")[0]["loss"] == pytest.approx(0, abs=1e-9)


def test_along_a_hyper_parameter_each_value_has_a_member_at_its_own_optimum(tmp_path):
    run = problem(LANGUAGE, "tabular", "convex-exp", tmp_path, average="sentence")
    fitted = fit(run, along="order", values=[0.5, 1, 2, 4], steps=300)
    assert [member.labels for member in fitted.members] == [{"order": order} for order in (0.5, 1, 2, 4)]
    for member, record in zip(fitted.members, read_jsonl(tmp_path / "training.jsonl"), strict=True):
        order = member.labels["order"]
        optimum = run.vary(order=order).optimum(P, np.full(len(P), 3), LANGUAGE.spec.support)
        assert np.abs(distribution(member) - optimum).sum() / 2 < 1e-4
        assert record["order"] == order
        assert record["loss"] == pytest.approx(-(P @ optimum ** (order / 3)), abs=1e-6)


def test_a_network_reaches_the_optima_too(tmp_path):
    run = problem(LANGUAGE, "string-network", "mle", tmp_path, {"width": 16}, average="sentence")
    fit(run, steps=300)
    with torch.no_grad():
        q = run.model.log_prob(LANGUAGE.whole()).total_B.exp().numpy()
    assert q.sum() == pytest.approx(1)
    assert np.abs(q - P).sum() / 2 < 1e-3


@pytest.mark.parametrize("options", [{"along": "order"}, {"values": [1.0]}])
def test_a_hyper_parameter_comes_with_its_values(options):
    with pytest.raises(ValidationError, match="give both or none"):
        FullBatch.Options(**options)
