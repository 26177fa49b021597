"""Language models of real captions, from the mirror: what they say of sentences that they have not seen."""

import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from beyond_mle.files import read_jsonl
from beyond_mle.objectives.mle import MLE
from beyond_mle.options import parse
from beyond_mle.registry import MODELS
from beyond_mle.solvers.em import EM
from beyond_mle.solvers.solver import Problem
from beyond_mle.tasks.parallel import Parallel, ParallelOptions
from beyond_mle.text.data import TextData
from beyond_mle.yardsticks.held_out import log_probs

pytestmark = pytest.mark.skipif("BEYOND_MLE_MIRROR" not in os.environ, reason="BEYOND_MLE_MIRROR is not set")


@pytest.fixture(scope="module")
def captions(tmp_path_factory) -> TextData:
    """All of Multi30k, into English."""
    mirror, folder = Path(os.environ["BEYOND_MLE_MIRROR"]), tmp_path_factory.mktemp("captions")
    files = {"train": "train", "dev": "val", "test": "test_2016_flickr"}
    splits = {
        split: {"source": f"multi30k/{name}.en.gz", "target": f"multi30k/{name}.de.gz"} for split, name in files.items()
    }
    task = Parallel(parse(ParallelOptions, {"splits": splits, "reverse": True}, "tasks.captions"))
    task.prepare({name: mirror / name for name in task.source_files()}, folder)
    return task.open(folder)


def perplexity(data: TextData, folder: Path, kind: str, steps: int, **options: float) -> float:
    """Per token of the test split, EOS among them, after so many steps of EM."""
    torch.manual_seed(1)
    model, objective = MODELS[kind](MODELS[kind].Options(**options), data.spec), MLE(MLE.Options(), data.spec)
    problem = Problem(model, objective, data, 1, torch.device("cpu"), folder, "k")
    EM(EM.Options(steps=steps, batch_size=8192)).fit(problem)
    loss = [record["loss"] for record in read_jsonl(folder / "training.jsonl")]
    assert np.diff(loss).max() <= 1e-9 or kind == "bigram"  # which is smoothed, and so not at the maximum
    with torch.no_grad():
        test = data.pairs("test")
        log_q_N, _ = log_probs(model, test, 8192)
        return math.exp(-log_q_N.sum() / (test.lengths[:, 1] + 1).sum())


def test_64_states_say_more_than_word_frequencies_and_less_than_pairs_of_words(captions, tmp_path):
    unigram = perplexity(captions, tmp_path, "hidden-markov", 3, states=1, smoothing=1e-3)
    bigram = perplexity(captions, tmp_path, "bigram", 1, smoothing=1e-3)
    hidden = perplexity(captions, tmp_path, "hidden-markov", 12, states=64, smoothing=1e-3)
    assert unigram == pytest.approx(319, abs=3)
    assert bigram == pytest.approx(38.3, abs=0.5)
    assert 1.3 * bigram < hidden < unigram / 3
