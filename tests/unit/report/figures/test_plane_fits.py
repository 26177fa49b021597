"""The figures show what the tables say, and equal tables give equal files."""

import itertools

import numpy as np
import pandas as pd
import pytest

from beyond_mle.report import figures
from beyond_mle.report.figures import plane_fits

from .conftest import PALETTE, TITLE


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


def test_each_fit_has_its_panel_and_contours_around_its_mean(minima, histogram, readable):
    shown = minima[(minima.objective == "js") & minima.is_global]
    figure = plane_fits.fits(histogram, shown, TITLE)
    readable(figure)
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert [title.split()[-1] for title in titles[1:]] == ["0.1", "0.5", "0.9"]
    (image,) = figure.axes[0].images
    brightest = np.unravel_index(np.argmax(image.get_array()), (12, 12))
    assert brightest == (4, 6) or brightest == (5, 6)  # rows are y: next to 0; columns are x: next to 2
    (contour,) = figure.axes[1].collections
    innermost = contour.get_paths()[-1].vertices
    assert innermost.mean(axis=0) == pytest.approx([0.5, -1.0], abs=0.05)
    assert len(contour.levels) == 5


def test_paths_have_a_row_per_mixture_with_every_branch_and_both_limits(minima, readable):
    figure = plane_fits.paths(pd.concat([minima, minima.assign(mixture_seed=8)]), PALETTE, TITLE)
    readable(figure)
    assert len(figure.axes) == 4
    of_pi, of_order = figure.axes[:2]
    assert len(of_pi.lines) == 2 * 2 + 2
    assert len(of_order.lines) == 2 * 1 + 2
    covering, seeking = of_pi.lines[:2]
    assert (set(covering.get_ydata()), set(seeking.get_ydata())) == ({1.6}, {0.6})
    lowest = of_pi.lines[3].get_ydata()
    assert lowest[0] == 1.5
    assert np.isnan(lowest[1])
    assert [axis.get_ylabel() for axis in figure.axes[::2]] == [r"mixture 7: $\sigma$", r"mixture 8: $\sigma$"]


def test_ticks_of_paths_do_not_overlap(minima):
    figure = plane_fits.paths(minima, PALETTE, TITLE)
    figure.draw_without_rendering()
    for axis in figure.axes:
        boxes = [label.get_window_extent() for label in axis.get_xticklabels() if label.get_text()]
        assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_surfaces_mark_all_minima_and_the_lowest_with_a_star():
    axis = np.linspace(-2, 2, 41)
    position, sigma = (grid.ravel() for grid in np.meshgrid(axis, axis + 3))
    value = 0.25 * ((position**2 - 1) ** 2 + 0.3 * position + (sigma - 3) ** 2 + 1)
    surface = pd.DataFrame({"pi": 0.5, "position": position, "sigma": sigma, "value": value})
    drawn = plane_fits.surfaces(surface, TITLE).axes[0].lines
    assert sorted((line.get_marker(), round(line.get_xdata()[0], 1)) for line in drawn) == [("*", -1.0), ("o", 1.0)]


def test_what_is_missing_is_left_out(minima, histogram):
    nothing = minima.iloc[:0]
    assert not plane_fits.fits(histogram.iloc[:0], nothing, TITLE).axes
    assert not plane_fits.paths(nothing, PALETTE, TITLE).axes
    assert not plane_fits.surfaces(pd.DataFrame(columns=["pi", "position", "sigma", "value"]), TITLE).axes
    two = pd.concat([minima, minima[minima.pi == 0.1].assign(mixture_seed=8)])
    shown = two[(two.objective == "js") & two.is_global]
    histograms = pd.concat([histogram, histogram.assign(mixture_seed=8)])
    drawn = [len(axis.collections) for axis in plane_fits.fits(histograms, shown, TITLE).axes]
    assert drawn == [1, 1, 1, 1, 1, 1, 0, 0]  # mixture 8 has no fit for the greater π


def test_equal_tables_give_equal_files(minima, tmp_path):
    for name in ("a", "b"):
        figures.save(plane_fits.paths(minima, PALETTE, TITLE), minima, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
