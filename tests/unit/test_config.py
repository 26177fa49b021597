"""The configuration: what it refuses, and in which words."""

from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from beyond_mle import config
from beyond_mle.errors import UserError

SMALL = {
    "preset": "tiny",
    "seeds": [1, 2],
    "tasks": {"g": {"kind": "grammar"}},
    "models": {"transformer": {"kind": "transformer", "width": 8, "heads": 2}},
    "objectives": {"mle-continued": {"kind": "mle"}},
    "decoders": {"greedy": {"kind": "greedy"}},
    "training": {"first": {"steps": 2, "batch_tokens": 64, "learning_rate": 0.001}},
    "experiments": [
        {
            "task": "g",
            "model": "transformer",
            "decoders": ["greedy"],
            "stages": [
                {"objectives": ["mle"], "training": "first"},
                {
                    "objectives": ["mle-continued", "convex-exp"],
                    "training": "first",
                    "start_from": "mle",
                    "control": "mle-continued",
                },
            ],
            "objective_options": {"convex-exp": {"order": 2}},
        }
    ],
}


def changed(path: list, value) -> dict:
    values = deepcopy(SMALL)
    place = values
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return values


def test_runs_follow_from_the_experiments() -> None:
    study = config.check(SMALL)
    runs = list(config.runs(study))
    assert [run.key for run in runs] == [
        f"g/transformer/{objective}/seed{seed}"
        for objective in ("mle", "mle-continued", "convex-exp")
        for seed in (1, 2)
    ]
    convex = config.find_run(study, "g/transformer/convex-exp/seed2")
    assert (convex.start_from, convex.control) == ("mle", "mle-continued")
    assert config.find_run(study, "g/transformer/mle-continued/seed1").control is None
    assert config.objective(study, convex).options.order == 2


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["sseeds"], [1], "unknown config key 'sseeds': did you mean 'seeds'?"),
        (
            ["models", "transformer", "widht"],
            8,
            "unknown config key 'models.transformer.widht': did you mean 'width'?",
        ),
        (["training", "first", "step"], 8, "unknown config key 'training.first.step': did you mean 'steps'?"),
        (
            ["experiments", 0, "decoder"],
            [],
            "unknown config key 'experiments.0.decoder': did you mean 'decoders'?",
        ),
        (["experiments", 0, "stages", 0, "objective"], 1, "stages.0.objective': did you mean 'objectives'?"),
        (
            ["evaluation"],
            {"bootstrap": 3},
            "unknown config key 'evaluation.bootstrap': did you mean 'bootstrap_samples'?",
        ),
        (
            ["models", "transformer", "kind"],
            "tranformer",
            "no model kind 'tranformer': did you mean 'transformer'?",
        ),
        (
            ["experiments", 0, "stages", 1, "objectives", 1],
            "convx-exp",
            "'convx-exp' is not defined: did you mean",
        ),
        (
            ["experiments", 0, "decoders", 0],
            "gredy",
            "decoders: 'gredy' is not defined: did you mean 'greedy'?",
        ),
        (["experiments", 0, "stages", 1, "start_from"], "mel", "start_from 'mel' of run"),
        (["experiments", 0, "stages", 1, "control"], "nothing", "control 'nothing' of run"),
        (
            ["experiments", 0, "stages", 0, "training"],
            "frst",
            "training 'frst' is not defined: did you mean 'first'?",
        ),
        (["training", "first", "steps"], 0, "config key 'training.first.steps' = 0"),
        (["training", "first", "steps"], "many", "config key 'training.first.steps' = 'many'"),
        (["experiments", 0, "objective_options", "convex-exp", "ordr"], 2, "did you mean 'order'?"),
        (["preset"], "a b", "config key 'preset'"),
        (["tasks", "g"], {"kind": "plane"}, "the task kind 'plane' of run 'g/transformer/mle/seed1' is not for text"),
        (["experiments", 0, "stages", 0, "objectives"], ["plane-adversarial"], "kind 'plane-adversarial' of"),
        (
            ["objectives"],
            {"mle-continued": {"kind": "scheduled-sampling", "schedule": "exponential"}},
            "the exponential schedule needs 0 < k < 1",
        ),
        (["theory"], {"stepz": 3}, "unknown config key 'theory.stepz': did you mean 'steps'?"),
    ],
)
def test_mistakes_are_named(path: list, value, message: str) -> None:
    with pytest.raises(UserError) as error:
        config.check(changed(path, value))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_an_objective_for_autoregressive_models_refuses_others() -> None:
    values = changed(["objectives", "mle-continued"], {"kind": "scheduled-sampling"})
    config.check(values)
    values["models"]["transformer"] = {"kind": "vanilla-nat"}
    with pytest.raises(UserError) as error:
        config.check(values)
    assert "'scheduled-sampling' of run 'g/transformer/mle-continued/seed1' trains only autoregress" in str(error.value)
    assert "model kind 'vanilla-nat' is none" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("objective", ["js", "reverse-kl"])
def test_a_divergence_needs_a_known_p(objective: str) -> None:
    values = changed(["experiments", 0, "stages", 0, "objectives"], ["mle", objective])
    config.check(values)
    values["tasks"]["g"] = {"kind": "parallel", "splits": {"train": {"pairs": "mine.tsv"}}, "language": "de"}
    with pytest.raises(UserError) as error:
        config.check(values)
    assert f"'{objective}' of run 'g/transformer/{objective}/seed1' needs a task whose p(y|x) is" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("objective", ["reverse-kl", "js-adversarial"])
def test_an_objective_that_samples_refuses_models_that_cannot(objective: str) -> None:
    values = changed(["experiments", 0, "stages", 0, "objectives"], ["mle", objective])
    config.check(values)
    values["models"]["transformer"] = {"kind": "vanilla-nat"}
    with pytest.raises(UserError, match="trains only autoregressive models that have `step`"):
        config.check(values)


def test_a_missing_key_is_named() -> None:
    values = deepcopy(SMALL)
    del values["training"]["first"]["steps"]
    with pytest.raises(UserError, match=r"config key 'training\.first\.steps' is missing"):
        config.check(values)


def test_a_run_listed_twice_is_refused() -> None:
    values = deepcopy(SMALL)
    values["experiments"] *= 2
    with pytest.raises(UserError, match="listed twice"):
        config.check(values)


def test_extends_merges_mappings_and_replaces_the_rest(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(yaml.safe_dump(SMALL))
    (tmp_path / "over.yaml").write_text(
        yaml.safe_dump({"extends": "base.yaml", "preset": "over", "seeds": [7], "training": {"first": {"steps": 5}}})
    )
    study = config.load(tmp_path / "over.yaml")
    assert (study.preset, study.seeds) == ("over", [7])
    assert (study.training["first"].steps, study.training["first"].batch_tokens) == (5, 64)


def test_a_saved_study_reads_back_the_same(tmp_path: Path) -> None:
    study = config.check(SMALL)
    config.save(study, tmp_path / "study.yaml")
    first = (tmp_path / "study.yaml").stat().st_mtime_ns
    assert config.load(tmp_path / "study.yaml") == study
    config.save(study, tmp_path / "study.yaml")
    assert (tmp_path / "study.yaml").stat().st_mtime_ns == first


@pytest.mark.parametrize(("text", "message"), [("a: [", "not YAML"), ("- 1", "mapping of keys")])
def test_files_that_are_no_configuration(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(UserError, match=message):
        config.load(tmp_path / "bad.yaml")
    with pytest.raises(UserError, match="no such file"):
        config.load(tmp_path / "none.yaml")
