"""The configuration: what it says, how files extend each other, what it refuses, and in which words."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from studies import SIZES, SMALL, changed

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.jobs import jobs
from beyond_mle.runs import runs

ROOT = Path(__file__).parents[2]
STAGE = "experiments.e.stages.second"


def refused(*changes: tuple[str, Any]) -> str:
    """The one line that a changed study is refused with."""
    with pytest.raises(UserError) as error:
        config.check(changed(*changes))
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_small_study_is_accepted_down_to_every_option():
    job = jobs(config.check(SMALL))["g/transformer/convex-exp/seed2"]
    assert job.objective.options.order == 2
    assert job.solver.options.steps == 2
    assert list(job.decoders) == ["greedy"]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("sseeds", [1], "unknown config key 'sseeds': did you mean 'seeds'?"),
        ("preset", "a b", "config key 'preset' = 'a b'"),
        ("seeds", [], "config key 'seeds' = []"),
        ("evaluation", {"batch_tokes": 3}, "unknown config key 'evaluation.batch_tokes': did you mean 'batch_tokens'?"),
        ("checks", {"near": 0}, "config key 'checks.near' = 0"),
        ("models.transformer.widht", 8, "unknown config key 'models.transformer.widht': did you mean 'width'?"),
        ("models.mine", {"kind": "tranformer"}, "models.mine: there is no model kind 'tranformer': did you mean"),
        ("models.xyz", {"width": 8}, "models.xyz: there is no model kind 'xyz': Valid: "),
        ("experiments", [SMALL["experiments"]["e"]], "config key 'experiments' = [{'task': 'g', 'model': 'transf"),
        ("solvers.first.step", 8, "unknown config key 'solvers.first.step': did you mean 'steps'?"),
        ("solvers.first.steps", 0, "config key 'solvers.first.steps' = 0"),
        ("solvers.first.steps", "many", "config key 'solvers.first.steps' = 'many'"),
        ("experiments.e.decoder", [], "unknown config key 'experiments.e.decoder': did you mean 'decoders'?"),
        ("experiments.e.task", "gg", "tasks: 'gg' is not defined: did you mean"),
        ("experiments.e.model", "transfomer", "models: 'transfomer' is not defined: did you mean 'transformer'?"),
        ("experiments.e.decoders", ["gredy"], "decoders: 'gredy' is not defined: did you mean 'greedy'?"),
        (f"{STAGE}.objective", 1, f"unknown config key '{STAGE}.objective': did you mean 'objectives'?"),
        (f"{STAGE}.objectives", [], f"config key '{STAGE}.objectives' = []"),
        (f"{STAGE}.objectives.1", "convx-exp", "objectives: 'convx-exp' is not defined: did you mean 'convex-exp'?"),
        (f"{STAGE}.objectives.1", {"convex-exp": {"ordr": 2}}, "'objectives.convex-exp.ordr': did you mean 'order'?"),
        (f"{STAGE}.objectives.1", {"convex-exp": {"order": []}}, "the list of values of 'order' is empty"),
        (f"{STAGE}.solver", "frst", "solvers: 'frst' is not defined: did you mean 'first'?"),
        (f"{STAGE}.start_from", "mel", f"{STAGE}.start_from: 'mel' of run 'g/transformer/mle-continued/seed1'"),
        (f"{STAGE}.control", "nothing", f"{STAGE}.control: 'nothing' of run 'g/transformer/mle-continued/seed1'"),
        ("yardsticks", {"validty": False}, "there is no yardstick 'validty': did you mean 'validity'?"),
        ("caveat", {"gramar": "Small."}, "caveat: there is no kind of task 'gramar': did you mean 'grammar'"),
        ("speed_of", ["f"], "speed_of: there is no experiment 'f': "),
        (
            "objectives.mle-continued",
            {"kind": "scheduled-sampling", "schedule": "exponential"},
            "the exponential schedule needs 0 < k < 1",
        ),
        ("solvers.first.kind", "full-batches", "there is no solver kind 'full-batches': did you mean 'full-batch'?"),
        ("solvers.first.validation", "blue", "solvers.first: no yardstick measures `validation: blue`"),
        ("plugins", ["none.py"], "plugins: none.py: no such file"),
    ],
)
def test_mistakes_are_named(path, value, message):
    line = refused((path, value))
    assert message in line
    assert len(line) < 500


def test_entries_that_no_run_uses_are_checked_too():
    assert "'objectives.unused.ordr'" in refused(("objectives.unused", {"kind": "convex-exp", "ordr": 1}))


def test_a_missing_key_is_named():
    values = changed()
    del values["solvers"]["first"]["steps"]
    with pytest.raises(UserError, match=r"config key 'solvers\.first\.steps' is missing"):
        config.check(values)


# What the parts of a run need of each other

PARALLEL = {"kind": "parallel", "splits": {"train": {"pairs": "mine.tsv"}}, "language": "de"}
FIRST = "experiments.e.stages.first"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            [("models.transformer", {"kind": "vanilla-nat"})],
            "decoder kind 'greedy' needs next-token scores, which neither model kind 'vanilla-nat' nor objective kind",
        ),
        (
            [("objectives.mle", {"kind": "scheduled-sampling"}), ("models.transformer", {"kind": "vanilla-nat"})],
            "objective kind 'scheduled-sampling' needs predictions after another prefix than the target's, which "
            "neither model kind 'vanilla-nat' nor task kind 'grammar' has",
        ),
        (
            [("objectives.mle", {"kind": "js"}), ("tasks.g", PARALLEL)],
            "objective kind 'js' needs all of p in one batch or a listed p(y|x), which neither model kind "
            "'transformer' nor task kind 'parallel' has",
        ),
        (
            [("objectives.mle", {"kind": "reverse-kl"}), ("models.transformer", {"kind": "vanilla-nat"})],
            "objective kind 'reverse-kl' needs all of p in one batch or next-token scores",
        ),
        (
            [("objectives.mle", {"kind": "js-adversarial"}), ("models.transformer", {"kind": "vanilla-nat"})],
            "objective kind 'js-adversarial' needs differentiable samples or next-token scores",
        ),
        (
            [("tasks.g", {"kind": "plane"})],
            "model kind 'transformer' is for pairs of texts as token ids, but task kind 'plane' has points with real "
            "coordinates",
        ),
        (
            [("tasks.g", {"kind": "plane"}), ("models.transformer", {"kind": "isotropic-gaussian"})],
            "decoder kind 'greedy' is for pairs of texts as token ids, but task kind 'plane' has points",
        ),
        (
            [("solvers.first", {"kind": "full-batch"})],
            "solver kind 'full-batch' needs all of p in one batch, which neither model kind 'transformer' nor task "
            "kind 'grammar' has",
        ),
        (
            [
                ("solvers.first", {"kind": "minibatch", "steps": 1, "batch_size": 1, "learning_rate": 1}),
                ("tasks.g", {"kind": "strings"}),
                ("models.transformer", {"kind": "tabular"}),
                ("experiments.e.decoders", []),
            ],
            "solver kind 'minibatch' needs training batches",
        ),
    ],
)
def test_parts_that_do_not_fit_are_named(changes, message):
    found = refused(*changes, ("seeds", [1]))
    assert found.startswith("experiments.e: run 'g/transformer/mle/seed1': ")
    assert message in found


def test_a_solver_of_batches_shows_no_objective_all_of_p():
    """The plane has a grid, but of samples a divergence cannot be computed."""
    plane = [
        ("tasks.g", {"kind": "plane"}),
        ("models.transformer", {"kind": "isotropic-gaussian"}),
        ("experiments.e.decoders", []),
        ("experiments.e.stages", {"s": {"objectives": ["js"], "solver": "first"}}),
    ]
    assert "objective kind 'js' needs all of p in one batch or a listed p(y|x)" in refused(*plane)
    config.check(changed(*plane, ("solvers.first", {"kind": "full-batch"})))


def test_every_fit_that_is_meant_is_accepted():
    for objective in ("js", "reverse-kl", "js-adversarial", "scheduled-sampling", "convex-pure"):
        config.check(changed(("objectives.mle", {"kind": objective})))


# Experiments that inherit


def inheriting(**own: Any) -> dict[str, Any]:
    return changed(("experiments.f", {"inherits": "e", **own}))


def keys(values: dict[str, Any]) -> list[str]:
    return [key for key in runs(config.check({**values, "seeds": [1]})) if not key.startswith("g/")]


def test_an_experiment_inherits_all_that_it_does_not_say():
    own = {**inheriting(task="grammar")}
    assert keys(own) == [f"grammar/transformer/{name}/seed1" for name in ("mle", "mle-continued", "convex-exp")]


def test_mappings_are_merged_lists_replaced_and_null_takes_an_entry_away():
    third = {"objectives": ["convex-pure"], "solver": "first"}
    own = inheriting(task="grammar", stages={"second": {"objectives": ["mle-continued"]}, "third": third})
    assert keys(own) == [f"grammar/transformer/{name}/seed1" for name in ("mle", "mle-continued", "convex-pure")]
    assert keys(inheriting(task="grammar", stages={"second": None})) == ["grammar/transformer/mle/seed1"]


def test_what_is_inherited_can_be_inherited_again():
    values = inheriting(task="grammar", stages={"second": None})
    values["experiments"]["h"] = {"inherits": "f", "task": {"grammar": {"styles": [2]}}}
    assert keys(values) == ["grammar/transformer/mle/seed1", "grammar,styles=2/transformer/mle/seed1"]


def test_a_reference_replaces_a_reference():
    """Options of two entries, or of two uses of one, must not be mixed."""
    values = inheriting(
        task={"grammar": {"styles": [2]}},
        model={"transformer": {"width": [4]}},
        stages={"first": {"solver": {"first": {"steps": 7}}}, "second": None},
    )
    values["experiments"]["h"] = {
        "inherits": "f",
        "task": {"grammar-summary": {"sentences": [1]}},
        "model": {"transformer": {"feedforward": [4]}},
        "stages": {"first": {"solver": {"first": {"warmup": 1}}}},
    }
    key = "grammar-summary,sentences=1/transformer,feedforward=4/mle/seed1"
    assert keys(values)[1] == key
    solver = jobs(config.check(values))[key].solver.options
    assert (solver.steps, solver.warmup) == (2, 1)


def test_a_reference_replaces_one_of_the_extended_file(tmp_path):
    write(tmp_path / "base.yaml", changed(("experiments.e.task", {"g": {"styles": [1]}})))
    over = {"extends": "base.yaml", "experiments": {"e": {"task": {"grammar-summary": {"styles": [2]}}}}}
    found = runs(config.load(write(tmp_path / "over.yaml", over)))
    assert {run.task.label for run in found.values()} == {"grammar-summary,styles=2"}


def test_a_template_is_inherited_from_and_makes_no_runs_itself():
    values = {**inheriting(task="grammar", stages={"second": None}), "seeds": [1]}
    values["experiments"]["f"]["inherits"] = "shared"
    values["templates"] = {"shared": {**SMALL["experiments"]["e"], "model": {"transformer": {"width": [4]}}}}
    assert keys(values) == ["grammar/transformer,width=4/mle/seed1"]
    assert len(runs(config.check(values))) == 4


@pytest.mark.parametrize(
    ("experiments", "message"),
    [
        ({"f": {"inherits": "d"}}, "experiments.f.inherits: there is no 'd': Valid: e, f"),
        ({"f": {"inherits": "f"}}, "experiments.f: inherits from itself"),
        ({"f": {"inherits": "h"}, "h": {"inherits": "f"}}, "inherits from itself, by way of f, h"),
        ({"f": {"inherits": "e"}}, "experiments.f: the run 'g/transformer/mle/seed1' is already in experiments.e"),
    ],
)
def test_what_cannot_be_inherited(experiments, message):
    assert message in refused(("experiments", {**SMALL["experiments"], **experiments}))


# Files


def write(path: Path, values: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(values, sort_keys=False))
    return path


def test_extends_merges_mappings_and_replaces_the_rest(tmp_path):
    write(tmp_path / "base.yaml", SMALL)
    over = {"extends": "base.yaml", "preset": "over", "seeds": [7], "solvers": {"first": {"steps": 5}}}
    study = config.load(write(tmp_path / "over.yaml", over))
    assert (study.preset, study.seeds) == ("over", [7])
    assert study.solvers["first"] == {**SMALL["solvers"]["first"], "steps": 5}
    assert study.models == {"transformer": SIZES}


def test_extends_goes_on_from_file_to_file_in_one_folder(tmp_path):
    (tmp_path / "config").mkdir()
    write(tmp_path / "config" / "base.yaml", SMALL)
    write(tmp_path / "config" / "middle.yaml", {"extends": "base.yaml", "caveat": "middle", "seeds": [3]})
    study = config.load(write(tmp_path / "config" / "top.yaml", {"extends": "middle.yaml", "seeds": [4]}))
    assert (study.caveat, study.seeds, study.preset) == ("middle", [4], "tiny")


def test_null_takes_an_entry_of_the_extended_file_away(tmp_path):
    write(tmp_path / "base.yaml", changed(("experiments.f", {"inherits": "e", "task": "grammar"})))
    over = {"extends": "base.yaml", "experiments": {"e": {"stages": {"second": None}}}}
    study = config.load(write(tmp_path / "over.yaml", over))
    assert list(study.experiments["e"].stages) == ["first"]
    assert list(study.experiments["f"].stages) == ["first"]  # inherits what is left
    study = config.load(write(tmp_path / "over.yaml", {"extends": "base.yaml", "experiments": {"f": None}}))
    assert list(study.experiments) == ["e"]
    with pytest.raises(UserError, match=r"experiments\.f\.inherits: there is no 'e'"):
        config.load(write(tmp_path / "over.yaml", {"extends": "base.yaml", "experiments": {"e": None}}))


def test_a_saved_study_reads_back_the_same_and_says_all_itself(tmp_path):
    values = changed(("experiments.f", {"inherits": "e", "task": {"grammar": {"styles": [1, 2]}}}))
    study = config.check(values)
    config.save(study, tmp_path / "study.yaml")
    text = (tmp_path / "study.yaml").read_text()
    assert "inherits" not in text
    assert config.load(tmp_path / "study.yaml") == config.load_resolved(tmp_path / "study.yaml") == study
    assert list(runs(config.load(tmp_path / "study.yaml"))) == list(runs(study))
    config.save(config.load(tmp_path / "study.yaml"), tmp_path / "study.yaml")
    assert (tmp_path / "study.yaml").read_text() == text


@pytest.mark.parametrize("load", [config.load, config.load_resolved])
@pytest.mark.parametrize(("text", "message"), [("a: [", "bad.yaml: not YAML"), ("- 1", "mapping of keys")])
def test_files_that_are_no_configuration(tmp_path, text, message, load):
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(UserError, match=message):
        load(tmp_path / "bad.yaml")
    with pytest.raises(UserError, match=r"none\.yaml: no such file"):
        load(tmp_path / "none.yaml")
    (tmp_path / "over.yaml").write_text("extends: none.yaml")
    with pytest.raises(UserError, match=r"none\.yaml: no such file"):
        load(tmp_path / "over.yaml")


PRESETS = [path for path in sorted((ROOT / "config").glob("*.yaml")) if "\npreset:" in path.read_text()]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_shipped_presets_are_valid(preset):
    assert runs(config.load(preset))
