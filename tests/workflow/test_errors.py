"""Bad input, as a user meets it: one clear line, a non-zero exit, nothing half-written."""

import gzip
from pathlib import Path

import pytest
import yaml
from project import Project

from beyond_mle.study import Study

STUDY = {
    "preset": "own",
    "tasks": {
        "own": {
            "kind": "parallel",
            "splits": {"train": {"source": "train.en", "target": "train.de"}},
            "dev_size": 2,
            "test_size": 2,
            "vocabulary": {"kind": "words", "size": 50},
        }
    },
    "models": {"transformer": {"width": 8, "heads": 2, "encoder_layers": 1, "decoder_layers": 1, "feedforward": 8}},
    "decoders": {"greedy": {}},
    "solvers": {"first": {"kind": "minibatch", "steps": 2, "batch_size": 64, "learning_rate": 0.001}},
    "experiments": {
        "own": {
            "task": "own",
            "model": "transformer",
            "decoders": ["greedy"],
            "stages": {"first": {"objectives": ["mle"], "solver": "first"}},
        }
    },
}
PAIRS = [(f"this is line {n}", f"das ist Zeile {n}") for n in range(12)]


@pytest.fixture
def own(project: Project) -> Project:
    """A project with a study on the user's own text."""
    write_study(project, STUDY)
    write_text(project, PAIRS)
    return project


def write_study(project: Project, study: dict) -> None:
    (project.folder / "config/own.yaml").write_text(yaml.safe_dump(study))


def write_text(project: Project, pairs: list[tuple[str, str]]) -> None:
    for name, side in (("train.en", 0), ("train.de", 1)):
        (project.folder / name).write_text("".join(f"{pair[side]}\n" for pair in pairs))


def run(project: Project, target: str, **environment: str) -> str:
    """Run to a target that cannot be made; returns everything printed."""
    result = project.snakemake("--configfile", "config/own.yaml", "--cores", "1", target, **environment)
    assert result.returncode != 0
    return result.stdout + result.stderr


def errors(printed: str) -> list[str]:
    """The distinct `error: …` lines (a job that is tried twice prints its line twice)."""
    return sorted({line.strip() for line in printed.splitlines() if line.strip().startswith("error: ")})


PREPARED = "results/own/data/own/prepared.json"


def test_own_text_is_one_entry_of_yaml(own: Project) -> None:
    target = "results/own/runs/own/transformer/mle/seed1/scores.json"
    result = own.snakemake("--configfile", "config/own.yaml", "--cores", "1", target)
    assert result.returncode == 0, result.stderr[-2000:]
    assert (own.folder / target).exists()


def test_unknown_config_key(own: Project) -> None:
    write_study(own, {**STUDY, "sedes": [1]})
    printed = run(own, PREPARED)
    assert errors(printed) == ["error: unknown config key 'sedes': did you mean 'seeds'? Valid: " + VALID_KEYS]
    assert "Traceback" not in printed
    assert not (own.folder / "results").exists()


VALID_KEYS = ", ".join(sorted(Study.model_fields))


def test_unequal_line_counts(own: Project) -> None:
    with (own.folder / "train.de").open("a") as file:
        file.write("eine Zeile zu viel\n")
    (line,) = errors(run(own, PREPARED))
    assert "train.en" in line
    assert "12" in line
    assert "13" in line
    assert not (own.folder / PREPARED).exists()


def test_empty_training_file(own: Project) -> None:
    write_text(own, [])
    (line,) = errors(run(own, PREPARED))
    assert "train" in line
    assert not (own.folder / PREPARED).exists()


def catalogued(project: Project, sha256: str) -> None:
    """Make the text a catalogued download."""
    entry = {"url": "http://127.0.0.1:9/none", "sha256": sha256, "licence": "none"}
    (project.folder / "config/sources.yaml").write_text(
        yaml.safe_dump({name: entry for name in ("own/train.en.gz", "own/train.de.gz")})
    )
    study = yaml.safe_load((project.folder / "config/own.yaml").read_text())
    study["tasks"]["own"]["splits"]["train"] = {"source": "own/train.en.gz", "target": "own/train.de.gz"}
    write_study(project, study)


def test_missing_mirror_file(own: Project, tmp_path: Path) -> None:
    catalogued(own, "0" * 64)
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    lines = errors(run(own, PREPARED, BEYOND_MLE_MIRROR=str(mirror)))
    assert lines
    assert all("BEYOND_MLE_MIRROR" in line and str(mirror) in line for line in lines)


def test_wrong_checksum(own: Project, tmp_path: Path) -> None:
    catalogued(own, "0" * 64)
    mirror = tmp_path / "mirror/own"
    mirror.mkdir(parents=True)
    for name in ("train.en.gz", "train.de.gz"):
        with gzip.open(mirror / name, "wt") as file:
            file.write("text\n")
    lines = errors(run(own, PREPARED, BEYOND_MLE_MIRROR=str(mirror.parent)))
    assert lines
    assert all("0" * 64 in line for line in lines)
    sources = own.folder / "results/sources/own"
    assert not sources.exists() or not list(sources.iterdir())


def test_a_checkpoint_of_another_size(own: Project) -> None:
    target = "results/own/runs/own/transformer/mle/seed1/"
    assert (
        own.snakemake("--configfile", "config/own.yaml", "--cores", "1", f"{target}model.safetensors").returncode == 0
    )
    study = {**STUDY, "models": {"transformer": {**STUDY["models"]["transformer"], "width": 16}}}
    (own.folder / "other.yaml").write_text(yaml.safe_dump(study))
    result = own.python(
        *("-m", "beyond_mle", "sample", "--study", "other.yaml", "--results", "results/own"),
        *("--run", "own/transformer/mle/seed1", "--decoder", "greedy"),
    )
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert "model.safetensors: the checkpoint is of another size" in line
    assert not (own.folder / target / "outputs").exists()


def test_parts_that_do_not_fit(own: Project) -> None:
    """What parts need of each other is checked before anything runs."""
    study = {**STUDY, "models": {"transformer": {"kind": "ctc", **STUDY["models"]["transformer"]}}}
    write_study(own, study)
    (line,) = errors(run(own, PREPARED))
    assert "decoder kind 'greedy' needs next-token scores, which neither model kind 'ctc' nor" in line
    assert not (own.folder / "results").exists()
