import pandas as pd
import pytest

from beyond_mle.report.figures import mixture_sample


@pytest.fixture
def sample() -> pd.DataFrame:
    rows = [
        (pi, seed, place) for pi, places in ((0.1, (0.9, 0.4)), (0.9, (0.2, 0.0))) for seed, place in enumerate(places)
    ]
    return pd.DataFrame(rows, columns=["pi", "mixture_seed", "position"])


def test_curves_rise_to_all_mixtures_and_chosen_ones_lie_on_them(sample):
    shares = pd.DataFrame({"pi": [0.1, 0.9], "share": [50.0, 0.0], "low": [10.0, 0.0], "high": [90.0, 60.0]})
    figure = mixture_sample.positions(sample, shares, [1], {"js": "#0072B2"}, "How wide?")
    first, mark, second, _, _ = figure.axes[0].lines
    assert first.get_xydata().tolist() == [[0.4, 50.0], [0.9, 100.0]]
    assert mark.get_xydata().tolist() == [[0.4, 50.0]]
    assert second.get_xdata().tolist() == [0.0, 0.2]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        r"$\pi$ = 0.1: 50 % [10, 90] right of the middle",
        r"$\pi$ = 0.9: 0 % [0, 60] right of the middle",
        "seed 1",
    ]


def test_without_a_sample_the_figure_says_so(sample):
    assert not mixture_sample.positions(sample[:0], pd.DataFrame(columns=["pi"]), [], {}, "How wide?").axes
