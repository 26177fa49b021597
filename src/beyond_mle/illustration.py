"""The settings of the illustration of JS_π in the plane (Figure 1 of Huszár 2015)."""

from pydantic import Field, model_validator

from beyond_mle.options import Options

_PI_PATH = [1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.02, 0.03, 0.035, 0.04, 0.045, 0.05, 0.055, 0.06, 0.08]
_PI_PATH += [0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.997, 0.999, 0.9997, 0.9999]
_ORDER_PATH = [1e-4, 0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.22, 0.24, 0.26, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


class IllustrationOptions(Options):
    """What is fitted, for which knobs, and what is drawn."""

    mixture_seeds: list[int] = Field(default=[3, 15, 22, 2], min_length=1)
    """Mixtures: 3 and 15 behave as the caption of Figure 1 says, 22 (the software's default) does not."""
    figure_seeds: list[int] = Field(default=[3, 15, 22], min_length=1)
    """Those of them that Figure 1 shows, from top to bottom."""
    pis: list[float] = Field(default=[0.1, 0.5, 0.99], min_length=1)
    """π of the panels of Figure 1; all of them values of `pi_path`."""
    pi_path: list[float] = Field(default=_PI_PATH, min_length=1)
    """π along which local minima are followed, ascending."""
    order_path: list[float] = Field(default=_ORDER_PATH, min_length=1)
    """Orders k of `convex-exp` along which they are followed, ascending; below 1, where the optimum is a point."""
    pi_anchors: list[float] = Field(default=[1e-4, 0.1, 0.5, 0.9999], min_length=1)
    """Values of `pi_path` where minima are searched from all starts."""
    order_anchors: list[float] = Field(default=[1e-4, 0.3, 0.9], min_length=1)
    """Values of `order_path` where minima are searched from all starts."""
    grid_step: float = Field(default=0.2, gt=0)
    """Step of the quadrature grid."""
    least_weight: float = Field(default=0.05, ge=0, le=1)
    """Components of at least this weight are starts of the search."""
    samples: int = Field(default=100_000, ge=2)
    """Samples of p in the histograms, and of p and of q each in the Monte-Carlo check."""
    bins: int = Field(default=80, ge=1)
    """Bins of the histograms on either axis."""
    window: tuple[float, float] = (-5.0, 7.0)
    """What the histograms show, on both axes."""
    surface_seed: int = 22
    """The mixture whose objective surfaces are drawn."""
    surface_pis: list[float] = Field(default=[0.01, 0.04, 0.1, 0.99], min_length=1)
    """π of the surfaces."""
    surface_positions: tuple[float, float] = (-1.0, 2.0)
    """Between which positions they reach: 0 is the mean that minimises KL[P‖Q], 1 the one that minimises KL[Q‖P]."""
    surface_sigmas: tuple[float, float] = (0.4, 2.4)
    """Between which σ they reach."""
    surface_points: int = Field(default=31, ge=2)
    """Points of a surface on either axis."""

    @model_validator(mode="after")
    def _check_paths(self) -> "IllustrationOptions":
        for name, path, inner in (
            ("pi_path", self.pi_path, [*self.pis, *self.pi_anchors]),
            ("order_path", self.order_path, self.order_anchors),
        ):
            if path != sorted(set(path)) or path[0] <= 0 or path[-1] >= 1:
                raise ValueError(f"{name} must ascend, within 0 < … < 1")
            if missing := set(inner) - set(path):
                raise ValueError(f"{name} must contain {', '.join(map(str, sorted(missing)))}")
        if missing := {self.surface_seed, *self.figure_seeds} - set(self.mixture_seeds):
            raise ValueError(f"mixture_seeds must contain {', '.join(map(str, sorted(missing)))}")
        return self
