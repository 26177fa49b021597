import numpy as np
import pandas as pd
import torch

from beyond_mle.report.figures.regression_maps import maps
from beyond_mle.report.regression_pictures import NAMES
from beyond_mle.types import Regression

from .conftest import TITLE

TRAIN = Regression(torch.tensor([[0.0], [1.0]]), torch.tensor([-1.0, 1.0]))


def test_a_panel_for_p_and_for_each_model(readable):
    rows = []
    for label, kl in (("p", 0.0), ("ebm, denoising-score-matching", 0.25), ("mdn, mle, components = 4", 1.0)):
        rows += [["own", label, label, kl, x, 0.1, 0.4 + kl, 0.2] for x in (0.0, 1.0)]
    figure = maps(pd.DataFrame(rows, columns=[*NAMES, -1.0, 0.0, 1.0]), TRAIN, TITLE)
    readable(figure)
    p, ebm, mdn = figure.axes
    assert [image.get_array().shape for axis in figure.axes for image in axis.images] == [(3, 2)] * 3
    np.testing.assert_allclose(ebm.images[0].get_array()[:, 0], [0.1, 0.65, 0.2])
    assert ebm.images[0].get_extent() == [0.0, 1.0, -1.5, 1.5]
    assert p.collections[0].get_offsets().tolist() == [[0, -1], [1, 1]]
    assert [text.get_text() for text in mdn.texts] == ["1"]
    assert {axis.images[0].get_clim() for axis in figure.axes} == {p.images[0].get_clim()}
