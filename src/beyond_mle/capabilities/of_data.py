"""What data can do beyond the least, each a protocol."""

from collections.abc import Sequence
from typing import Any, Protocol

from torch import Tensor

from beyond_mle.types import Batch, Support


class Whole(Protocol):
    """All of p in one batch: an enumeration, or a quadrature grid."""

    def whole(self) -> Batch:
        """Every item, with its `density`."""


class KnownConditional(Protocol):
    """A known p(y|x): data of regression whose density is known."""

    def conditional_log_p(self, input_BX: Tensor, target_BM: Tensor) -> Tensor:
        """log p(y|x) of M targets for each input, [B, M]; −∞ where p is 0."""


class KnownMixture(Protocol):
    """A mixture of Gaussians in the plane: data whose p has known components."""

    @property
    def mixture(self) -> Any:
        """Weights, means and covariances of the components, see `tasks.plane.Plane`."""


class Cases(Protocol):
    """Separate cases: data that are several densities, each of which can be fitted by itself."""

    @property
    def cases(self) -> Sequence[Any]:
        """The data of each case, with `whole`."""


class Minibatches(Protocol):
    """Training batches: samples of p."""

    def epoch(self, number: int, seed: int, budget: int) -> list[Any]:
        """What identifies each batch of an epoch, in the order of training; a pure function of the arguments.

        Args:
            number: of the epoch, from 0.
            seed: of the run.
            budget: how much a batch holds, in the data's own measure: tokens of text, or items.
        """

    def batch(self, key: Any) -> Batch:
        """The batch itself."""


class References(Protocol):
    """References: the texts that a source's outputs are held against."""

    def references(self, split: str) -> list[list[str]]:
        """Of each source of a split, one or more."""


class KnownOutputs(Protocol):
    """A listed p(y|x) of the test sources: every possible output with its probability."""

    def truth(self) -> list[dict[str, Any]]:
        """Of each test source `{"outputs": [str, …], "log_p": [float, …]}`, the likeliest output first."""


class KnownSupport(Protocol):
    """A listed p(y|x): every possible output of each training source with its probability."""

    def support(self, key: Any) -> Support:
        """The support of the sources of a training batch."""
