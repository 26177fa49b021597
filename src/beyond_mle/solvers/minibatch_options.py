"""The options of minibatch training: budget, optimiser, schedule, validation."""

from typing import Literal

from pydantic import Field

from beyond_mle.solvers.solver import SolverOptions


class MinibatchOptions(SolverOptions):
    """How one stage is trained. Budgets count optimiser steps, never minutes."""

    steps: int = Field(gt=0)
    """Optimiser steps."""
    batch_size: int = Field(gt=0)
    """What a batch holds: of text, tokens (sentences × the longest source or target among them), else items."""
    accumulate: int = Field(default=1, gt=0)
    """Batches per optimiser step."""
    learning_rate: float = Field(gt=0)
    """The peak, reached at the end of the warm-up."""
    opponent_rate: float = Field(default=1.0, gt=0)
    """The learning rate of a module that the objective brings (a discriminator), as a multiple of the model's."""
    warmup: int = Field(default=0, ge=0)
    """Steps of linear warm-up from zero."""
    schedule: Literal["inverse-sqrt", "linear"] = "inverse-sqrt"
    """After the warm-up: ∝ 1/√step (the paper), or linear to `final_fraction` of the peak at the last step."""
    final_fraction: float = Field(default=0.0, ge=0, le=1)
    """Where the linear schedule ends, as a fraction of the peak."""
    betas: tuple[float, float] = (0.9, 0.98)
    """Adam's decay rates."""
    weight_decay: float = 0.0
    """Decoupled weight decay (AdamW)."""
    clip: float = 0.0
    """Clip the gradient to this norm; 0 does not clip (the paper)."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Dropout of embeddings and residual branches in this stage."""
    validate_every: int = Field(default=0, ge=0)
    """Steps between validations; 0: only after the last step."""
    validation: str | None = "bleu"
    """The metric that validation measures on the dev split, such as `bleu` of the run's first decoder or `nll-token`;
    null: none."""
    keep: Literal["best", "last"] = "last"
    """Which weights the run ends with: those of the best validation, or the last ones."""
    average: int = Field(default=1, gt=0)
    """Average the weights of this many validations: the last ones, or, with `keep: best`, the best ones."""
    patience: int = Field(default=0, ge=0)
    """Stop after this many validations without a new best; 0 never stops early."""
    log_every: int = Field(default=50, gt=0)
    """Steps between lines of training.jsonl; each line averages the steps since the last one."""
    save_every: int = Field(default=500, gt=0)
    """Steps between resumable states."""
    precision: Literal["float32", "bf16"] = "float32"
    """bf16 is used on GPUs only: on CPUs it is slower than float32."""
    tensorboard: bool = False
    """Write TensorBoard events beside the JSONL metrics."""

    @property
    def selects(self) -> bool:
        """Where the best weights are kept, or training stops early."""
        return self.keep == "best" or self.patience > 0
