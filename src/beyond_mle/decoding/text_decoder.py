"""What every decoder of text offers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from beyond_mle.capabilities import Need
from beyond_mle.options import Options as BaseOptions
from beyond_mle.text.data import TextData
from beyond_mle.text.padding import pad
from beyond_mle.types import Spec, TextSpec


class TextDecoder(ABC):
    """Turns a model and sources into outputs; how it sees the model is said in `needs`."""

    Options: type[BaseOptions] = BaseOptions
    accepts: ClassVar[type[Spec]] = TextSpec
    needs: ClassVar[tuple[Need, ...]] = ()

    def __init__(self, options: Any):
        self.options = options

    @property
    def samples(self) -> int:
        """How many outputs it gives for each source; above 1 only for decoders that draw."""
        return getattr(self.options, "samples", 1)

    @abstractmethod
    def decode(self, model: Any, source_BS: Tensor, generator: torch.Generator | None = None) -> list[list[int]]:
        """The output tokens of each source, without BOS and EOS.

        Args:
            model: in evaluation mode, with what the decoder needs.
            source_BS: sources with their final EOS, padded with PAD.
            generator: for decoders that draw; they raise a ValueError without one, since a sample must be reproducible.
        """

    def outputs(
        self,
        model: Any,
        data: TextData,
        split: str,
        batch_size: int,
        generator: torch.Generator | None = None,
        limit: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> list[list[str]]:
        """What it makes of the sources of a split: of each source its outputs, `samples` of them.

        Args:
            model: in evaluation mode.
            data: the text.
            split: whose sources.
            batch_size: sources that are decoded together; samples depend on it.
            generator: of decoders that draw; by default with seed 0.
            limit: only the first so many sources.
            progress: told the number of sources of each finished batch, as by `tqdm.update`.
        """
        sources = data.pairs(split).sources()[:limit]
        if generator is None:
            generator = torch.Generator(model.device).manual_seed(0)
        # One pass over the sources for each sample: fewer samples are the first of more.
        passes = [
            data.decode(decode_corpus(self, model, sources, batch_size, generator, progress))
            for _ in range(self.samples)
        ]
        return [list(texts) for texts in zip(*passes, strict=True)]


def decode_corpus(
    decoder: TextDecoder,
    model: Any,
    sources: Sequence[Sequence[int]],
    batch_size: int,
    generator: torch.Generator | None = None,
    progress: Callable[[int], object] | None = None,
) -> list[list[int]]:
    """Decode every source once, in batches of similar length.

    Args:
        decoder: how.
        model: in evaluation mode, with what the decoder needs.
        sources: token ids with the final EOS.
        batch_size: sources per batch.
        generator: of decoders that draw.
        progress: told the number of sources of each finished batch.

    Returns:
        The tokens of each output, without BOS and EOS, in the order of `sources`.
    """
    # The longest first: if memory does not suffice, it shows at once.
    order = sorted(range(len(sources)), key=lambda i: -len(sources[i]))
    outputs: list[list[int]] = [[] for _ in sources]
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        source_BS = pad([sources[i] for i in chosen]).to(model.device)
        for i, output in zip(chosen, decoder.decode(model, source_BS, generator), strict=True):
            outputs[i] = output
        if progress is not None:
            progress(len(chosen))
    return outputs
