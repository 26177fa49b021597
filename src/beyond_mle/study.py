"""What a configuration file may say. Options of a kind (a model's width, an objective's order) are documented beside
that kind.
"""

from typing import Any

from pydantic import Field

from beyond_mle.adversarial import AdversarialOptions
from beyond_mle.illustration import IllustrationOptions
from beyond_mle.options import Options
from beyond_mle.theory import TheoryOptions
from beyond_mle.training.options import TrainingOptions


class Stage(Options):
    """Runs of one training stage."""

    objectives: list[str] = Field(min_length=1)
    """Names from `objectives:`; the key of an objective that needs no options may be used as it is."""
    training: str
    """A name from `training:`."""
    start_from: str | None = None
    """The objective of the run (same task, model, seed) whose final weights are the start; none: from scratch."""
    control: str | None = None
    """The objective that the others of this stage are compared with: equal steps, equal settings."""
    decoders: list[str] = Field(default=[])
    """Further decoders of these runs, behind those of the experiment."""


class Experiment(Options):
    """Some objectives for one model on one task."""

    task: str
    """A name from `tasks:`."""
    model: str
    """A name from `models:`."""
    decoders: list[str] = Field(min_length=1)
    """Names from `decoders:`; the first one is the default in figures."""
    stages: list[Stage] = Field(min_length=1)
    """In the order of training."""
    pages: list[str] = Field(default=[])
    """The pages of the report that show its runs; the index and the scorecard tell of all runs."""
    seeds: list[int] | None = None
    """The study's own `seeds` by default."""
    together: bool = False
    """Make all runs of a seed in one job, which saves some ten seconds of starting Python for each: for short runs. A
    change to one of them makes all of them again."""
    objective_options: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Objective → options that differ from `objectives:` for this model, such as the order k."""


class Evaluation(Options):
    """Settings of the yardsticks."""

    enumerate_sources: int = 100
    """On how many test sources KL[P‖Q] and the like are computed by enumeration of p's support."""
    truth_samples: int = 8
    """Where p is known: how many outputs of p itself are drawn per test source, to compare samples with."""
    bootstrap_samples: int = 1000
    """Resamples of the paired bootstrap against the control."""
    speed_sentences: int = 64
    """Test sentences that the speed measurement decodes."""
    batch_size: int = 64
    """Sentences per batch in decoding."""
    batch_tokens: int = 4096
    """Tokens per batch where log-probabilities are measured."""
    comet_model: str | None = None
    """Score outputs by this COMET model too, in an environment of its own (envs/comet.yaml): a name on the Hugging Face
    hub, such as Unbabel/wmt22-comet-da, or a checkpoint file. For real languages."""


class Study(Options):
    """A whole configuration file."""

    preset: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    """The folder under results/."""
    caveat: str = ""
    """Printed on every page and table, such as 'Smoke run: the numbers mean nothing.'"""
    mirror: str | None = None
    """A folder that holds the source files; the environment variable BEYOND_MLE_MIRROR takes precedence."""
    seeds: list[int] = Field(default=[1], min_length=1)
    """Every run is made once per seed."""
    tasks: dict[str, dict[str, Any]]
    """Name → {kind: …, options of that kind}."""
    models: dict[str, dict[str, Any]]
    """Name → {kind: …, options of that kind}."""
    objectives: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Name → {kind: …, options of that kind}."""
    decoders: dict[str, dict[str, Any]]
    """Name → {kind: …, options of that kind}."""
    training: dict[str, TrainingOptions]
    """Name → optimiser, schedule, budget, validation."""
    evaluation: Evaluation = Evaluation()
    substitutes: dict[str, str] = Field(default_factory=dict)
    """Task → the published data set whose place it takes in claims and beside whose numbers it is printed."""
    experiments: list[Experiment]
    """What is trained."""
    adversarial: AdversarialOptions = AdversarialOptions()
    """Adversarial training in the plane."""
    illustration: IllustrationOptions = IllustrationOptions()
    """The exact fits in the plane."""
    theory: TheoryOptions = TheoryOptions()
    """The exact fits on finite languages, and the checks of equations."""
