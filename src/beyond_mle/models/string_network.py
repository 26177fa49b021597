"""A small autoregressive network over the strings of a finite language.

q(x) = Π_t q(x_t | x_<t), and the end where strings may end. In the names of tensors, P counts the distinct prefixes
of the language, F the network's input features, V the symbols and the end.
"""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from beyond_mle.options import Options
from beyond_mle.registry import MODELS
from beyond_mle.types import ONLY_LOG_Q, FiniteSpec, LogProb, Spec, Strings, TokenLogProb, TokenRequest


class StringNetworkOptions(Options):
    """Sizes."""

    width: int = Field(default=32, gt=0)
    """Hidden units of the one hidden layer."""


@MODELS.register("string-network")
class StringNetwork(nn.Module):
    """A perceptron that reads a prefix and predicts what follows; a batch is indices of strings.

    It sees a prefix as one-hot symbols by position, and is evaluated once per distinct prefix. What cannot follow a
    prefix in the language has probability 0, as in a decoder that is kept to valid outputs.

    It computes in double precision: it is there to be fitted exactly.
    """

    Options = StringNetworkOptions
    accepts: ClassVar[type[Spec]] = FiniteSpec
    features_PF: Tensor
    allowed_PV: Tensor
    step_NT: Tensor
    real_NT: Tensor
    length_N: Tensor

    def __init__(self, options: StringNetworkOptions, spec: FiniteSpec):
        super().__init__()
        support = spec.support
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
        self.double()

    def log_prob(self, batch: Strings) -> LogProb:
        """log q of each string; T is the number of its symbols, the end not counted."""
        token = self.token_log_prob(batch)
        return LogProb(token.log_q_BT.sum(1), token.length_B)

    def token_log_prob(self, batch: Strings, request: TokenRequest = ONLY_LOG_Q) -> TokenLogProb:
        """log q of each symbol of the strings and of their end, each given what precedes it.

        The vocabulary is small and prefixes are few, so that nothing is done in chunks.
        """
        index_B = batch.index_B
        logits_PV = self.layers(self.features_PF).masked_fill(~self.allowed_PV, float("-inf"))
        log_q_PV = logits_PV.log_softmax(1)
        step_BT, mask_BT = self.step_NT[index_B], self.real_NT[index_B]
        prefix_BT = step_BT // log_q_PV.shape[1]
        collision_BT = entropy_BT = word_log_q_BTW = None
        if request.collision:
            collision_BT = log_q_PV.exp().square().sum(1)[prefix_BT]
        if request.entropy:
            finite_PV = log_q_PV.masked_fill(~self.allowed_PV, 0.0)  # 0 · (−∞) is not a number
            entropy_BT = -(log_q_PV.exp() * finite_PV).sum(1)[prefix_BT]
        if request.word_BTW is not None:
            word_BTW = request.word_BTW.expand(*step_BT.shape, request.word_BTW.shape[-1])
            word_log_q_BTW = log_q_PV[prefix_BT].gather(2, word_BTW)
        return TokenLogProb(
            log_q_BT=log_q_PV.flatten()[step_BT].masked_fill(~mask_BT, 0.0),
            mask_BT=mask_BT,
            length_B=self.length_N[index_B],
            collision_BT=collision_BT,
            entropy_BT=entropy_BT,
            word_log_q_BTW=word_log_q_BTW,
        )
