"""EM as a solver: it never raises the loss of any objective of the likelihood, and says where it stood at each step."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from problems import plane, problem
from sentences import Sentences, drawn

from beyond_mle.errors import UserError
from beyond_mle.files import read_jsonl
from beyond_mle.formulas.divergence import entropy
from beyond_mle.solvers.em import EM
from beyond_mle.solvers.full_batch_em import FullBatchEM
from beyond_mle.types import Points

MIXTURE = plane(mixture_seed=3, grid_step=0.5, train=400)
TEXT = Sentences(drawn(90))
OBJECTIVES = [
    ("mle", {}),
    ("mle", {"average": "sentence"}),
    ("convex-exp", {"order": 0.5}),
    ("convex-exp", {"order": 0.5, "average": "sentence"}),
]
ON_TEXT = [*OBJECTIVES, ("convex-pure", {})]
"""Of densities `convex-pure` has no least value: the best one is a point."""
POINTS, WORDS = ("gaussian-mixture", {"components": 3}), ("hidden-markov", {"states": 3})
SMOOTHED = ("hidden-markov", {"states": 3, "smoothing": 0.1})


def log_of(folder: Path, metric: str = "loss") -> np.ndarray:
    return np.array([record[metric] for record in read_jsonl(folder / "training.jsonl")])


def em(run, **options):
    return EM(EM.Options(**{"batch_size": 100, "tolerance": 0, **options})).fit(run)


def exact_em(run, **options):
    return FullBatchEM(FullBatchEM.Options(**{"tolerance": 0, **options})).fit(run)


@pytest.mark.parametrize(
    ("objective", "solve", "data", "model"),
    [
        *((objective, solve, MIXTURE, POINTS) for objective in OBJECTIVES for solve in (em, exact_em)),
        *((objective, em, TEXT, model) for objective in ON_TEXT for model in (WORDS, SMOOTHED)),
    ],
)
def test_no_step_raises_the_loss(objective, solve, data, model, tmp_path):
    kind, options = objective
    solve(problem(data, model[0], kind, tmp_path, model[1], **options), steps=40)
    loss = log_of(tmp_path)
    assert len(loss) == 41
    assert np.diff(loss).max() <= 1e-9
    assert loss[-1] < loss[0] - 1e-3


def test_batches_add_up(tmp_path):
    ends = []
    for size in (90, 25):
        fitted = em(problem(TEXT, "hidden-markov", "mle", tmp_path, {"states": 2}), batch_size=size, steps=5)
        ends.append(fitted.members[0].weights)
    for one, other in zip(ends[0].values(), ends[1].values(), strict=True):
        torch.testing.assert_close(one.softmax(-1), other.softmax(-1))


def test_the_log_holds_the_loss_and_the_log_likelihood_up_to_the_end(tmp_path):
    run = problem(MIXTURE, "gaussian-mixture", "mle", tmp_path, {"components": 2})
    fitted = em(run, steps=7)
    records = read_jsonl(tmp_path / "training.jsonl")
    assert [record["step"] for record in records] == list(range(8))
    assert all(record["log_likelihood"] == pytest.approx(-record["loss"]) for record in records)
    run.model.load_state_dict(fitted.members[0].weights)
    mean = run.model.log_prob(Points(MIXTURE.train_N2)).total_B.mean().item()
    assert records[-1]["log_likelihood"] == pytest.approx(mean)
    assert fitted.summary == {"steps": 7}


def test_it_stops_when_little_changes(tmp_path):
    fitted = em(problem(TEXT, "hidden-markov", "mle", tmp_path, {"states": 2}), steps=500, tolerance=1e-4)
    gain = -np.diff(log_of(tmp_path))
    assert fitted.summary["steps"] < 500
    assert gain[-1] < 1e-4 <= gain[:-1].min()


def test_on_all_of_p_enough_components_reach_its_entropy(tmp_path):
    exact_em(problem(MIXTURE, "gaussian-mixture", "mle", tmp_path, {"components": 10}), steps=60, starts=3)
    records, density = read_jsonl(tmp_path / "training.jsonl"), MIXTURE.whole().density
    least = entropy(density.log_p_B, density.log_weight_B).item()
    assert least < min(record["loss"] for record in records) < least + 0.02


def test_of_several_starts_the_best_end_is_kept(tmp_path):
    run = problem(MIXTURE, "gaussian-mixture", "mle", tmp_path, {"components": 4})
    fitted = em(run, steps=10, starts=3)
    assert len(set(fitted.summary["ends"])) == 3
    assert fitted.summary["collapsed"] == 0
    assert len(log_of(tmp_path)) == 11
    assert log_of(tmp_path)[-1] == min(fitted.summary["ends"])
    run.model.load_state_dict(fitted.members[0].weights)
    mean = run.model.log_prob(Points(MIXTURE.train_N2)).total_B.mean().item()
    assert -mean == pytest.approx(min(fitted.summary["ends"]))


@pytest.mark.parametrize("collapsing", [{0}, {0, 1, 2}])
def test_starts_that_collapse_are_given_up(collapsing, tmp_path):
    """A component so narrow that it sees but the point that it starts at."""
    run = problem(MIXTURE, "gaussian-mixture", "mle", tmp_path, {"components": 2})
    restart, numbers = run.model.restart, itertools.count()

    def narrow(batch: Points) -> None:
        restart(batch)
        if next(numbers) in collapsing:
            run.model.log_diagonal_KD.data[0] = -20

    run.model.restart = narrow
    if len(collapsing) == 3:
        with pytest.raises(UserError, match="component 0 has collapsed"):
            em(run, steps=3, starts=3)
    else:
        fitted = em(run, steps=3, starts=3)
        assert fitted.summary["collapsed"] == 1
        assert len(fitted.summary["ends"]) == 2


def test_nothing_to_learn_from_is_said(tmp_path):
    with pytest.raises(UserError, match="no batch of 1000 can be made of the training data"):
        em(problem(MIXTURE, "gaussian-mixture", "mle", tmp_path), batch_size=1000)
    with pytest.raises(UserError, match="no batch of 100 can be made"):
        em(problem(Sentences([]), "hidden-markov", "mle", tmp_path))


def test_sentences_that_cannot_be_are_left_out_and_counted(tmp_path):
    run = problem(Sentences([[3, 4], [3], [8]]), "hidden-markov", "mle", tmp_path, {"states": 2})
    with torch.no_grad():
        run.model.emission_KV[:, 6] = -torch.inf  # word 8
    em(run, steps=20)
    (record, *_), loss = read_jsonl(tmp_path / "training.jsonl"), log_of(tmp_path)
    assert record["impossible"] == pytest.approx(1 / 3)
    assert np.diff(loss).max() <= 1e-9
    with torch.no_grad():
        run.model.emission_KV[:, [1, 6]] = -torch.inf
    with pytest.raises(UserError, match="none of the training data"):
        em(run)


def test_a_bigram_model_is_counted_in_one_step(tmp_path):
    em(problem(TEXT, "bigram", "mle", tmp_path), steps=10, tolerance=1e-9)
    first, counted, again = log_of(tmp_path)
    assert counted < first
    assert again == pytest.approx(counted)
