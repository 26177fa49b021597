"""What every yardstick must do on every run that has what it needs: the metrics that it declares, and numbers."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tiny
import torch

from beyond_mle.jobs import yardsticks
from beyond_mle.registry import TASKS, YARDSTICKS
from beyond_mle.stages.measure import why_not
from beyond_mle.yardsticks.yardstick import NO_DECODER, Score, Subject

INFINITE = {"kl", "kl-optimum"}
"""What may be infinite: where q leaves an output of p out."""


def fitting(run: tuple[str, str, str, str]) -> list[str]:
    """The yardsticks that can measure a run."""
    job = tiny.make_job(*run)
    return [
        kind
        for kind, entry in yardsticks(job.study).items()
        if issubclass(TASKS[run[0]].spec, entry.cls.accepts) and not why_not(job, entry)
    ]


FITTING = [(run, kind) for run in tiny.RUNS for kind in fitting(run)]
FIRST = {(*run[:2], kind): run for run, kind in reversed(FITTING)}
"""Of each task, model and yardstick a run."""
MEASURED = [
    (run, kind)
    for run, kind in FITTING
    if run == FIRST[(*run[:2], kind)] or kind in {"finite-optimum", "density", "conditional-optimum"}
]
"""Every yardstick on every model; with every objective where what it measures depends on it."""
EACH = pytest.mark.parametrize(
    ("run", "kind"), [pytest.param(run, kind, id=f"{'/'.join(run[:3])} {kind}") for run, kind in MEASURED]
)


@pytest.fixture(scope="session")
def subject_of(data_of: Callable[[str], Any]) -> Callable[..., Subject]:
    """A run's model, with the outputs of its decoders."""
    known: dict[tuple, dict] = {}

    def make(run: tuple[str, str, str, str]) -> Subject:
        task, model, objective, solver = run
        job = tiny.make_job(task, model, objective, solver, tiny.decoders_of(*run))
        parts = tiny.Parts(job, data_of(task))
        if (task, model) not in known and task in ("grammar", "plane-mixtures", "regression"):
            made = {label: job.new_decoder(label, parts.objective) for label in job.decoders}
            known[task, model] = {
                label: one.outputs(parts.model, parts.data, "test", 64) for label, one in made.items()
            }
        outputs = known.get((task, model), {})
        return Subject(parts.data, parts.model, parts.objective, job.study.evaluation, "test", None, outputs, seed=1)

    return make


def measure(run: tuple[str, str, str, str], kind: str, subject: Subject) -> list[Score]:
    entry = yardsticks(tiny.make_job(*run).study)[kind]
    return list(entry.make().measure(subject))


def test_every_yardstick_measures_some_run() -> None:
    assert {kind for _, kind in MEASURED} == set(YARDSTICKS)


@EACH
def test_it_gives_what_it_declares(run, kind: str, subject_of: Callable[..., Subject]) -> None:
    subject = subject_of(run)
    scores = measure(run, kind, subject)
    assert scores
    declared = {metric.name for metric in YARDSTICKS[kind].metrics}
    for score in scores:
        assert score.metric in declared
        assert score.decoder in {NO_DECODER, *subject.outputs}
        assert isinstance(score.value, float), score.metric
        assert math.isfinite(score.value) or (score.metric in INFINITE and score.value == math.inf), score.metric
    names = [(score.decoder, score.metric) for score in scores]
    assert len(set(names)) == len(names)


@EACH
def test_a_score_has_what_it_is_made_of_for_each_item(run, kind: str, subject_of: Callable[..., Subject]) -> None:
    for score in measure(run, kind, subject_of(run)):
        if score.items_IF is not None:
            n = 3 if kind == "distance" else 5  # sources; `distance` is asked for three
            assert score.items_IF.shape[0] == n
            assert score.items_IF.ndim in (1, 2)
            assert np.isfinite(score.items_IF).all()


@EACH
def test_measuring_again_gives_the_same(run, kind: str, subject_of: Callable[..., Subject]) -> None:
    scores = []
    for seed in (1, 2):  # what it draws follows the subject's seed, not the global generator
        torch.manual_seed(seed)
        scores.append([(score.metric, score.decoder, score.value) for score in measure(run, kind, subject_of(run))])
    assert scores[0] == scores[1]


@EACH
def test_the_model_is_left_as_it_was(run, kind: str, subject_of: Callable[..., Subject]) -> None:
    subject = subject_of(run)
    before = {name: tensor.clone() for name, tensor in subject.model.state_dict().items()}
    measure(run, kind, subject)
    assert not subject.model.training
    assert all(torch.equal(before[name], tensor) for name, tensor in subject.model.state_dict().items())


@pytest.mark.parametrize(
    ("run", "kind", "reason"),
    [
        (("grammar", "oracle", "mle", "closed-form"), "held-out", "needs entropies by position"),
        (("plane", "plane-generator", "js-adversarial"), "density", "needs log-probabilities"),
        (("parallel", "transformer", "mle"), "validity", "needs a listed p(y|x) of the test sources"),
        (("parallel", "transformer", "mle"), "distance", "needs a listed p(y|x) of the test sources"),
        (("strings", "tabular", "mle", "full-batch"), "finite-optimum", ""),
    ],
)
def test_where_something_is_lacking_it_is_said_what(run, kind: str, reason: str) -> None:
    job = tiny.make_job(*run)
    assert why_not(job, yardsticks(job.study)[kind]) == reason


def test_yardsticks_of_outputs_give_nothing_without_them(subject_of: Callable[..., Subject]) -> None:
    run = ("grammar", "transformer", "mle", "minibatch")
    subject = replace(subject_of(run), outputs={})
    for kind in ("diversity", "reference-overlap", "validity"):
        assert measure(run, kind, subject) == []
