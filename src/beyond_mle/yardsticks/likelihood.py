"""What a model's own probabilities say: held-out NLL and entropy on references, log q of given outputs."""

import numpy as np
import torch
from torch import nn

from beyond_mle.text.batches import in_order
from beyond_mle.text.encoded import EncodedPairs


@torch.inference_mode()
def log_probs(model: nn.Module, pairs: EncodedPairs, batch_tokens: int) -> np.ndarray:
    """log q(y|x) of each pair in nats, the length's log-probability included where the model predicts it apart."""
    result_N = np.empty(len(pairs))
    for rows in in_order(pairs.lengths, batch_tokens):
        log_prob = model.log_prob(pairs.batch(rows).to(model.device))
        result_N[rows] = log_prob.joint_B.double().cpu().numpy()
    return result_N


@torch.inference_mode()
def held_out(model: nn.Module, pairs: EncodedPairs, batch_tokens: int) -> dict[str, float]:
    """NLL and entropy on references.

    Returns:
        `nll`: nats per sentence; `nll-token`: the same per position that the model predicts;
        `entropy`: of the model's prediction where the reference's token stands, nats per position.
        `impossible`: % of the references that the model cannot produce (only if there are any); the others leave them
        out.
    """
    nll = entropy = positions = 0.0
    impossible = 0
    for rows in in_order(pairs.lengths, batch_tokens):
        batch = pairs.batch(rows).to(model.device)
        log_prob_B = model.log_prob(batch).joint_B.double()
        possible_B = log_prob_B.isfinite()
        entropy_B, positions_B = model.entropy(batch)
        nll -= float(log_prob_B[possible_B].sum())
        impossible += int((~possible_B).sum())
        entropy += float(entropy_B.double().sum())
        positions += int(positions_B.sum())
    possible = len(pairs) - impossible
    figures = {"nll": nll / max(possible, 1), "nll-token": nll / positions, "entropy": entropy / positions}
    return figures | ({"impossible": 100 * impossible / len(pairs)} if impossible else {})
