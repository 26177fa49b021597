"""The figures show what the tables say, and equal tables give equal files."""

import numpy as np
import pandas as pd
import pytest

from beyond_mle.report import figures
from beyond_mle.report.figures import plane_fits


def row(objective: str, pi: float, order: float, sigma: float, branch: int, best: bool) -> dict:
    return dict(mixture_seed=7, objective=objective, pi=pi, order=order, mean_x=0.5, mean_y=-1.0, sigma=sigma,
                value=sigma, branch=branch, is_global=best)  # fmt: skip


@pytest.fixture
def minima() -> pd.DataFrame:
    nan = float("nan")
    js = [row("js", pi, nan, 1.5, 0, pi < 0.5) for pi in (0.1, 0.5)]
    js += [row("js", pi, nan, 0.7, 1, True) for pi in (0.5, 0.9)]
    convex = [row("convex-exp", nan, order, 1.0 - order, 0, True) for order in (0.1, 0.6)]
    limits = [row("mle", nan, nan, 1.6, 0, True), row("reverse-kl", nan, nan, 0.6, 0, True)]
    return pd.DataFrame(js + convex + limits)


@pytest.fixture
def histogram() -> pd.DataFrame:
    centres = np.linspace(-4.5, 6.5, 12)
    x, y = (grid.ravel() for grid in np.meshgrid(centres, centres, indexing="ij"))
    density = np.exp(-((x - 2) ** 2 + y**2) / 2)
    return pd.DataFrame({"mixture_seed": 7, "x": x, "y": y, "count": (100 * density).astype(int), "density": density})


def test_each_fit_has_its_panel_and_contours_around_its_mean(minima, histogram):
    shown = minima[(minima.objective == "js") & minima.is_global]
    figure = plane_fits.fits(histogram, shown)
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert [title.split()[-1] for title in titles[1:]] == ["0.1", "0.5", "0.9"]
    (image,) = figure.axes[0].images
    brightest = np.unravel_index(np.argmax(image.get_array()), (12, 12))
    assert brightest == (4, 6) or brightest == (5, 6)  # rows are y: next to 0; columns are x: next to 2
    (contour,) = figure.axes[1].collections
    innermost = contour.get_paths()[-1].vertices
    assert innermost.mean(axis=0) == pytest.approx([0.5, -1.0], abs=0.05)
    assert len(contour.levels) == 7


def test_paths_draw_every_branch_and_both_limits(minima):
    figure = plane_fits.paths(minima)
    sigma_of_pi, sigma_of_order = figure.axes[:2]
    assert len(sigma_of_pi.lines) == 2 * 2 + 2
    assert len(sigma_of_order.lines) == 2 * 1 + 2
    lowest = sigma_of_pi.lines[1].get_ydata()
    assert lowest[0] == 1.5
    assert np.isnan(lowest[1])


def test_surfaces_mark_all_minima_and_the_lowest_with_a_star():
    axis = np.linspace(-2, 2, 41)
    position, sigma = (grid.ravel() for grid in np.meshgrid(axis, axis + 3))
    value = 0.25 * ((position**2 - 1) ** 2 + 0.3 * position + (sigma - 3) ** 2 + 1)
    surface = pd.DataFrame({"pi": 0.5, "position": position, "sigma": sigma, "value": value})
    drawn = plane_fits.surfaces(surface).axes[0].lines
    assert sorted((line.get_marker(), round(line.get_xdata()[0], 1)) for line in drawn) == [("*", -1.0), ("o", 1.0)]


def test_what_is_missing_is_left_out(minima, histogram):
    nothing = minima.iloc[:0]
    assert [len(plane_fits.fits(histogram.iloc[:0], nothing).axes), len(plane_fits.paths(nothing).axes)] == [0, 6]
    assert not plane_fits.surfaces(pd.DataFrame(columns=["pi", "position", "sigma", "value"])).axes
    two = pd.concat([minima, minima[minima.pi == 0.1].assign(mixture_seed=8)])
    shown = two[(two.objective == "js") & two.is_global]
    histograms = pd.concat([histogram, histogram.assign(mixture_seed=8)])
    drawn = [len(axis.collections) for axis in plane_fits.fits(histograms, shown).axes]
    assert drawn == [1, 1, 1, 1, 1, 1, 0, 0]  # mixture 8 has no fit for the greater π


def test_equal_tables_give_equal_files(minima, tmp_path):
    for name in ("a", "b"):
        figures.save(plane_fits.paths(minima), minima, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.fixture
def sample() -> pd.DataFrame:
    rows = [
        (pi, seed, place) for pi, places in ((0.1, (0.9, 0.4)), (0.9, (0.2, 0.0))) for seed, place in enumerate(places)
    ]
    return pd.DataFrame(rows, columns=["pi", "mixture_seed", "position"])


def test_curves_rise_to_all_mixtures_and_chosen_ones_lie_on_them(sample):
    shares = pd.DataFrame({"pi": [0.1, 0.9], "share": [50.0, 0.0], "low": [10.0, 0.0], "high": [90.0, 60.0]})
    figure = plane_fits.positions(sample, shares, [1])
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
    assert not plane_fits.positions(sample[:0], pd.DataFrame(columns=["pi"]), []).axes
