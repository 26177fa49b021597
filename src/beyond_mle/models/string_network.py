"""A small autoregressive network over the strings of a finite language.

q(x) = Π_t q(x_t | x_<t), and the end where strings may end. In the names of tensors, P counts the distinct prefixes
of the language, F the network's input features, V the symbols and the end.
"""

from collections.abc import Sequence

import torch
from pydantic import Field
from torch import Tensor, nn

from beyond_mle.options import Options
from beyond_mle.registry import MODELS
from beyond_mle.types import LogProb


class StringNetworkOptions(Options):
    """Sizes."""

    width: int = Field(default=32, gt=0)
    """Hidden units of the one hidden layer."""


@MODELS.register("string-network")
class StringNetwork(nn.Module):
    """A perceptron that reads a prefix and predicts what follows; a batch is indices of strings.

    It sees a prefix as one-hot symbols by position, and is evaluated once per distinct prefix. What cannot follow a
    prefix in the language has probability 0, as in a decoder that is kept to valid outputs.

    Args:
        options: sizes.
        support: the strings, each a tuple of symbols.
    """

    Options = StringNetworkOptions

    def __init__(self, options: StringNetworkOptions, support: Sequence[tuple[int, ...]]):
        super().__init__()
        end = 1 + max(max(string) for string in support)
        longest = max(map(len, support))
        paths = [[(string[:t], symbol) for t, symbol in enumerate((*string, end))] for string in support]
        prefixes = {prefix: row for row, prefix in enumerate(dict.fromkeys(p for path in paths for p, _ in path))}
        allowed_PV = torch.zeros(len(prefixes), end + 1, dtype=torch.bool)
        features_PTV = torch.zeros(len(prefixes), longest, end)
        step_NT = torch.zeros(len(support), longest + 1, dtype=torch.long)
        real_NT = torch.zeros(len(support), longest + 1, dtype=torch.bool)
        for n, path in enumerate(paths):
            for t, (prefix, symbol) in enumerate(path):
                row = prefixes[prefix]
                allowed_PV[row, symbol] = True
                features_PTV[row, range(t), list(prefix)] = 1
                step_NT[n, t] = row * (end + 1) + symbol
                real_NT[n, t] = True
        self.register_buffer("features_PF", features_PTV.flatten(1))
        self.register_buffer("allowed_PV", allowed_PV)
        self.register_buffer("step_NT", step_NT)
        self.register_buffer("real_NT", real_NT)
        self.register_buffer("length_N", torch.tensor([len(string) for string in support]))
        self.layers = nn.Sequential(
            nn.Linear(longest * end, options.width), nn.Tanh(), nn.Linear(options.width, end + 1)
        )

    def log_prob(self, index_B: Tensor) -> LogProb:
        """log q of the strings with these indices; T is the number of their symbols, the end not counted."""
        logits_PV = self.layers(self.features_PF).masked_fill(~self.allowed_PV, float("-inf"))
        log_probs_BT = logits_PV.log_softmax(1).flatten()[self.step_NT[index_B]]
        total_B = log_probs_BT.masked_fill(~self.real_NT[index_B], 0.0).sum(1)
        return LogProb(total_B, self.length_N[index_B])
