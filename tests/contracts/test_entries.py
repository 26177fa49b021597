"""What every registered kind must say of itself, and what fits what."""

import contextlib
import re
from itertools import product

import numpy as np
import pytest
import tiny
from pydantic.fields import FieldInfo

from beyond_mle.capabilities import KnownOptimum, describe, implements
from beyond_mle.errors import UserError
from beyond_mle.jobs import REGISTRIES
from beyond_mle.options import Options, parse
from beyond_mle.registry import MODELS, OBJECTIVES, SOLVERS, TASKS, YARDSTICKS
from beyond_mle.types import FiniteSpec, Spec

ALL = [*tiny.ENTRIES, *(("yardsticks", kind) for kind in YARDSTICKS)]
EACH = pytest.mark.parametrize(("section", "kind"), ALL)


def registered(section: str, kind: str) -> type:
    return {**REGISTRIES, "yardsticks": YARDSTICKS}[section][kind]


def fields(options: type[Options], path: str = "") -> list[tuple[str, FieldInfo]]:
    """Every option with its path, those of nested options too."""
    found = []
    for name, field in options.model_fields.items():
        found.append((path + name, field))
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())]
        nested = [one for one in candidates if isinstance(one, type) and issubclass(one, Options)]
        found += [entry for one in nested for entry in fields(one, f"{path}{name}.")]
    return found


@EACH
def test_it_documents_itself_and_every_option(section: str, kind: str) -> None:
    cls = registered(section, kind)
    assert cls.__doc__
    assert cls.Options.__doc__
    assert issubclass(cls.Options, Options)
    missing = [path for path, field in fields(cls.Options) if not field.description]
    assert not missing, f"options without a docstring: {', '.join(missing)}"


@EACH
def test_its_headline_options_exist(section: str, kind: str) -> None:
    options = registered(section, kind).Options
    assert set(options.headline) <= set(options.model_fields)


@EACH
def test_an_unknown_option_is_refused_by_name(section: str, kind: str) -> None:
    values = {**tiny.options(section, kind), "no_such_option": 1}
    with pytest.raises(UserError, match=f"unknown config key '{section}.{kind}.no_such_option'"):
        parse(registered(section, kind).Options, values, f"{section}.{kind}")


@EACH
def test_what_it_needs_can_be_said(section: str, kind: str) -> None:
    cls = registered(section, kind)
    assert all(describe(need) for need in getattr(cls, "needs", ()))
    assert issubclass(getattr(cls, "accepts", Spec), Spec)


def test_keys_are_lower_case_words() -> None:
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind) for _, kind in ALL)


def test_metrics_have_one_meaning_each() -> None:
    """Where yardsticks share a metric they agree on its unit, direction and decimals."""
    known = {}
    for kind in YARDSTICKS:
        names = [metric.name for metric in YARDSTICKS[kind].metrics]
        assert len(set(names)) == len(names)
        for metric in YARDSTICKS[kind].metrics:
            assert known.setdefault(metric.name, metric) == metric


def test_every_kind_fits_some_run() -> None:
    used = {"tasks": set(TASKS)}  # that each task can be prepared and opened is a test of its own
    used |= {section: {run[place] for run in tiny.RUNS} for place, section in ((1, "models"), (2, "objectives"))}
    used["solvers"] = {solver for run in tiny.RUNS for solver in tiny.fitting_solvers(*run[:3])}
    used["decoders"] = {decoder for *_, decoder in tiny.with_decoder()}
    for section, registry in REGISTRIES.items():
        assert used[section] == set(registry), section


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (
            ("grammar", "tabular", "mle"),
            "model kind 'tabular' is for strings that can all be listed, but task kind 'grammar' has pairs of"
            " texts as token ids",
        ),
        (
            ("plane", "transformer", "mle"),
            "model kind 'transformer' is for pairs of texts as token ids, but task kind 'plane' has points "
            "with real coordinates",
        ),
        (
            ("grammar", "ctc", "brier"),
            "objective kind 'brier' needs per-token probabilities, which neither model kind 'ctc' nor task "
            "kind 'grammar' has",
        ),
        (
            ("grammar", "vanilla-nat", "scheduled-sampling"),
            "objective kind 'scheduled-sampling' needs predictions after another prefix than the target's, "
            "which neither model kind 'vanilla-nat' nor task kind 'grammar' has",
        ),
        (
            ("parallel", "transformer", "js"),
            "objective kind 'js' needs all of p in one batch or a listed p(y|x), which neither model kind "
            "'transformer' nor task kind 'parallel' has",
        ),
        (
            ("plane", "isotropic-gaussian", "js"),
            "objective kind 'js' needs all of p in one batch or a listed p(y|x), which solver kind "
            "'minibatch' does not show it",
        ),
        (
            ("plane", "isotropic-gaussian", "js-adversarial", "full-batch"),
            "objective kind 'js-adversarial' needs training batches, which solver kind 'full-batch' does not show it",
        ),
        (
            ("plane", "vae", "reverse-kl", "full-batch"),
            "objective kind 'reverse-kl' needs more than a lower bound of log-probabilities, which is what model kind "
            "'vae' has",
        ),
        (
            ("plane", "isotropic-gaussian", "elbo"),
            "objective kind 'elbo' needs a hidden variable, which neither model kind 'isotropic-gaussian' nor task "
            "kind 'plane' has",
        ),
        (
            ("plane", "plane-generator", "mle"),
            "objective kind 'mle' needs log-probabilities, which neither model kind 'plane-generator' nor "
            "task kind 'plane' has",
        ),
        (
            ("strings", "tabular", "mle"),
            "solver kind 'minibatch' needs training batches, which neither model kind 'tabular' nor task kind"
            " 'strings' has",
        ),
        (
            ("grammar", "transformer", "mle", "closed-form"),
            "solver kind 'closed-form' needs a table of probabilities, which neither model kind 'transformer' "
            "nor task kind 'grammar' has",
        ),
        (
            ("grammar", "oracle", "mle"),
            "solver kind 'minibatch' fits parameters, and model kind 'oracle' has none",
        ),
        (
            ("grammar", "transformer", "mle", "minibatch", ("mask-predict",)),
            "decoder kind 'mask-predict' needs tokens given other tokens, which neither model kind 'transformer' nor "
            "objective kind 'mle' has",
        ),
        (
            ("grammar", "transformer", "mle", "minibatch", ("points",)),
            "decoder kind 'points' is for points with real coordinates, but task kind 'grammar' has pairs of "
            "texts as token ids",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(run: tuple, message: str) -> None:
    with pytest.raises(UserError) as refused:
        tiny.make_job(*run)
    label = "/".join(run[:3])
    assert str(refused.value) == f"experiments.only: run '{label}/seed1': {message}"


@pytest.mark.parametrize(
    ("run", "validation", "reason"),
    [
        (("plane", "isotropic-gaussian", "mle"), "bleu", "yardstick 'reference-overlap' is for pairs of texts"),
        (("grammar", "transformer", "mle"), "coverage", "yardstick 'sample-quality' is for points"),
        (("grammar", "transformer", "mle"), "bleuu", "no yardstick measures `validation: bleuu`"),
        (
            ("parallel", "transformer", "mle"),
            "validity",
            "yardstick 'validity' needs a listed p(y|x) of",
        ),
    ],
)
def test_a_validation_that_cannot_be_measured_is_refused(run: tuple, validation: str, reason: str) -> None:
    with pytest.raises(UserError, match=re.escape(reason)):
        tiny.make_job(*run, solvers={"validation": validation})


def test_every_refusal_names_the_run_and_what_is_at_fault() -> None:
    for task, model, objective, solver in product(tiny.WORLDS, MODELS, OBJECTIVES, SOLVERS):
        if issubclass(TASKS[task].spec, MODELS[model].accepts) and (
            line := tiny.refusal(task, model, objective, solver)
        ):
            start = f"experiments.only: run '{task}/{model}/{objective}/seed1': "
            assert re.fullmatch(re.escape(start) + r"(objective|solver) kind '.*' (needs|fits) .*", line)


@pytest.mark.parametrize("kind", list(OBJECTIVES))
def test_the_card_of_an_objective_says_whether_it_leads_to_p(kind: str) -> None:
    cls = OBJECTIVES[kind]
    assert all((cls.card.minimises, cls.card.optimum, cls.card.leans))
    assert cls.card.proper == (cls.card.optimum.partition(",")[0] == "P")
    if not implements(cls, KnownOptimum):
        return
    objective = cls(parse(cls.Options, tiny.options("objectives", kind), f"objectives.{kind}"), FiniteSpec(()))
    p_N, length_N = np.array([0.4, 0.3, 0.2, 0.1]), np.full(4, 2.0)
    with contextlib.suppress(UserError):  # where there is no closed form
        q_N = objective.optimum(p_N, length_N, [(0, 0), (0, 1), (1, 0), (1, 1)])
        assert np.allclose(q_N, p_N) == cls.card.proper
