"""What a configuration file may say. Options of a kind (a model's width, an objective's order) are documented beside
that kind; `{name: {option: value}}` and sweeps over values are explained in `references`.
"""

from typing import Any, Literal

from pydantic import Field

from beyond_mle.options import Options
from beyond_mle.references import Reference

Entries = dict[str, dict[str, Any]]
"""Name → {kind: …, options of that kind}; a name that is itself a registered kind needs no `kind`."""


class Stage(Options):
    """Runs of one stage of training."""

    objectives: list[Reference] = Field(min_length=1)
    """From `objectives:`; the key of a registered kind may be used as it is."""
    solver: Reference
    """From `solvers:`."""
    start_from: str | None = None
    """The objective of the run (same task, model, seed) whose final weights are the start; none: from scratch."""
    control: str | None = None
    """The objective that the others of this stage are compared with: equal steps, equal settings."""
    decoders: list[Reference] = Field(default=[])
    """Further decoders of these runs, behind those of the experiment."""


class Experiment(Options):
    """Some objectives for one or more models on one or more tasks."""

    task: Reference | list[Reference]
    """From `tasks:`."""
    model: Reference | list[Reference]
    """From `models:`."""
    decoders: list[Reference] = Field(default=[])
    """From `decoders:`; the first one is the default in figures and in validation."""
    stages: dict[str, Stage] = Field(min_length=1)
    """Name → runs, in the order of training."""
    pages: list[str] | None = None
    """The pages of the report that show its runs, each a notebook of that name; by default one page of its own."""
    seeds: list[int] | None = None
    """The study's own `seeds` by default."""


class Evaluation(Options):
    """How outputs are decoded and log-probabilities computed where models are judged."""

    batch_size: int = Field(default=64, gt=0)
    """Sources per batch in decoding; samples depend on it."""
    batch_tokens: int = Field(default=4096, gt=0)
    """Tokens per batch where log-probabilities are measured."""
    speed_sentences: int = Field(default=64, gt=0)
    """Test sources that the speed measurement decodes."""
    comet_model: str | None = None
    """Score outputs by this COMET model too, in an environment of its own (envs/comet.yaml): a name on the Hugging Face
    hub, such as Unbabel/wmt22-comet-da, or a checkpoint file. For real languages."""


class Checks(Options):
    """How equations are checked on random distributions."""

    seed: int = Field(default=0, ge=0)
    """Of the draws."""
    draws: int = Field(default=200, gt=0)
    """Pairs of distributions."""
    near: float = Field(default=1e-5, gt=0, lt=1)
    """How near a limit is where a statement about it is measured."""


class Verdicts(Options):
    """How claims are judged."""

    resamples: int = Field(default=1000, ge=100)
    """Of the test items: how often they are drawn again, for the part that they have in an interval."""


class Study(Options):
    """A whole configuration file."""

    preset: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    """The folder under results/."""
    caveat: str | dict[str, str] = ""
    """Printed at the top of every page, such as 'Smoke run: the numbers mean nothing.' By kind of task: only of pages
    that show such tasks."""
    mirror: str | None = None
    """A folder that holds the source files; the environment variable BEYOND_MLE_MIRROR takes precedence."""
    plugins: list[str] = Field(default=[])
    """Python files that register further tasks, models, objectives, solvers, decoders or yardsticks."""
    seeds: list[int] = Field(default=[1], min_length=1)
    """Every run is made once per seed."""
    tasks: Entries = Field(default_factory=dict)
    """What is learnt."""
    models: Entries = Field(default_factory=dict)
    """What learns it."""
    objectives: Entries = Field(default_factory=dict)
    """What is minimised."""
    solvers: Entries = Field(default_factory=dict)
    """How it is minimised."""
    decoders: Entries = Field(default_factory=dict)
    """How outputs are made."""
    yardsticks: dict[str, dict[str, Any] | Literal[False]] = Field(default_factory=dict)
    """Registered kind → its options; false: not measured. All others measure with their defaults."""
    evaluation: Evaluation = Evaluation()
    """How models are judged."""
    checks: Checks = Checks()
    """How equations are checked."""
    verdicts: Verdicts = Verdicts()
    """How claims are judged."""
    substitutes: dict[str, str] = Field(default_factory=dict)
    """Task → the published data set whose place it takes in claims and beside whose numbers it is printed."""
    claims: list[str] = Field(default=["config/claims.yaml"])
    """The files whose claims the scorecard judges."""
    speed_of: list[str] = Field(default=[])
    """Experiments whose decoding speed is measured, side by side for each task."""
    experiments: dict[str, Experiment] = Field(default_factory=dict)
    """Name → what is trained. In a file an experiment may say `inherits: NAME` and only what differs from that one: of
    another experiment, or of `templates:`, which are like experiments but are not run themselves."""
