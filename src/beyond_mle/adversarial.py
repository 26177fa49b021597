"""The settings of adversarial training in the plane."""

from pydantic import Field, model_validator

from beyond_mle.options import Options


class DuelOptions(Options):
    """How two players are trained in turn."""

    steps: int = Field(default=1500, gt=0)
    """Steps of the generator."""
    discriminator_steps: int = Field(default=2, gt=0)
    """Steps of the discriminator before each of them."""
    batch: int = Field(default=128, gt=0)
    """Samples of p, and of q, per step."""
    learning_rate: float = Field(default=1e-2, gt=0)
    """Of the generator's Adam, at the start; it falls linearly to zero."""
    discriminator_learning_rate: float = Field(default=5e-3, gt=0)
    """Of the discriminator's Adam, at the start; it falls linearly to zero."""
    betas: tuple[float, float] = (0.5, 0.99)
    """Adam's decay rates, of both."""


class AdversarialOptions(Options):
    """What is trained against a discriminator, for which π, and how the result is measured."""

    mixture_seeds: list[int] = Field(default=[15], min_length=1)
    """Mixtures, as in `illustration:`."""
    pis: list[float] = Field(default=[0.05, 0.2, 0.5, 0.8, 0.95, 0.99], min_length=1)
    """Label priors π, ascending."""
    figure_pis: list[float] = Field(default=[0.05, 0.5, 0.99], min_length=1)
    """Those of them for which samples are drawn in the report."""
    seeds: list[int] = Field(default=[1, 2, 3], min_length=1)
    """Of the initial weights; the first one's samples are kept for the figure."""
    training: DuelOptions = DuelOptions()
    """The duel."""
    generator_width: int = Field(default=16, gt=0)
    """Hidden units of the generator network."""
    discriminator_width: int = Field(default=32, gt=0)
    """Hidden units of the discriminator."""
    data: int = Field(default=20_000, gt=0)
    """Samples of p to train on."""
    samples: int = Field(default=20_000, gt=0)
    """Samples of q that are measured."""
    figure_samples: int = Field(default=1000, gt=0)
    """Samples of q that are drawn."""
    grid_step: float = Field(default=0.2, gt=0)
    """Step of the quadrature grid, and of the bins of the kernel estimate."""
    bandwidth: float = Field(default=0.2, gt=0)
    """Standard deviation of the kernel that estimates a density from samples."""
    least_weight: float = Field(default=0.05, ge=0, le=1)
    """Components of p of at least this weight are heavy."""
    covered_share: float = Field(default=0.1, gt=0, le=1)
    """A component is covered if it gets at least this fraction of the samples that p gives it."""

    @model_validator(mode="after")
    def _check_pis(self) -> "AdversarialOptions":
        if self.pis != sorted(set(self.pis)) or self.pis[0] <= 0 or self.pis[-1] >= 1:
            raise ValueError("pis must ascend, within 0 < … < 1")
        if missing := set(self.figure_pis) - set(self.pis):
            raise ValueError(f"pis must contain {', '.join(map(str, sorted(missing)))}")
        return self
