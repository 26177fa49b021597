"""Decoding a whole list of sources: batches of similar length, outputs in the order of the sources."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from beyond_mle.decoding.padding import pad


class Decoder(Protocol):
    """What every entry of `registry.DECODERS` offers."""

    def decode(self, model: Any, source_BS: Tensor, generator: torch.Generator | None = None) -> list[list[int]]:
        """The output tokens of each source, without BOS and EOS."""


def decode_corpus(
    decoder: Decoder,
    model: Any,
    sources: Sequence[Sequence[int]],
    batch_size: int,
    device: torch.device | str = "cpu",
    generator: torch.Generator | None = None,
    progress: Callable[[int], object] | None = None,
) -> list[list[int]]:
    """Decode every source.

    Args:
        decoder: how.
        model: in evaluation mode, on `device`, with the protocol that the decoder asks for.
        sources: token ids with the final EOS.
        batch_size: sources per batch.
        device: where the batches go.
        generator: for decoders that sample, by default with seed 0; the samples depend on the batch size.
        progress: told the number of sources of each finished batch, as by `tqdm.update`.

    Returns:
        The tokens of each output, without BOS and EOS, in the order of `sources`.
    """
    if generator is None:
        generator = torch.Generator(device).manual_seed(0)
    # The longest first: if memory does not suffice, it shows at once.
    order = sorted(range(len(sources)), key=lambda i: -len(sources[i]))
    outputs: list[list[int]] = [[] for _ in sources]
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        source_BS = pad([sources[i] for i in chosen]).to(device)
        for i, output in zip(chosen, decoder.decode(model, source_BS, generator), strict=True):
            outputs[i] = output
        if progress is not None:
            progress(len(chosen))
    return outputs
