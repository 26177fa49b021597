import pandas as pd
import pytest
from beyond_mle.report.scores import read_scores, read_truth

from beyond_mle import config
from beyond_mle.report import effects, figures
from beyond_mle.report.curves import read_curves
from beyond_mle.report.style import palette


@pytest.fixture
def scores(study, results):
    truth = read_truth([results / "truth" / "grammar-ab.json"])
    own = read_scores(study, results / "runs")
    return pd.concat([own[own.task == "grammar-ab"], truth])


def test_bars_have_the_lengths_of_the_means(study, scores):
    gaps = effects.over_seeds(effects.search_gaps(scores, ["beam5", "exact"]), ["bleu"])
    figure = figures.bars(gaps, palette(study), "gap")
    (axis,) = figure.axes
    assert [bar.get_width() for bar in axis.patches] == pytest.approx(gaps["mean"].tolist())
    assert axis.patches[2].get_facecolor()[:3] == pytest.approx((0, 0x72 / 255, 0xB2 / 255))  # convex-exp


def test_orders_are_where_the_points_are(study, scores):
    rows = effects.over_seeds(scores[scores.model != "vanilla-nat"], ["log-q-mode"], "none")
    (axis,) = figures.by_order(rows, palette(study)).axes
    points = [container.lines[0] for container in axis.containers]
    assert [point.get_xdata()[0] for point in points] == [0, 0, 1, 3]
    assert [point.get_ydata()[0] for point in points] == pytest.approx([-1.8, -1.75, -1.7, -1.6])
    closed = axis.lines[-1]
    assert closed.get_xdata().tolist() == [0, 1, 3]
    assert closed.get_ydata().tolist() == pytest.approx([-1.7, 1 / 6 - 1.7, 0.5 - 1.7])


def test_curves_have_a_line_per_seed(study, results):
    runs = [run for run in config.runs(study) if (run.task, run.model) == ("grammar-ab", "transformer")]
    figure = figures.learning_curves(read_curves(runs, results / "runs"), palette(study))
    assert len(figure.axes) == 2 * 4  # validation and loss of four objectives
    assert all(len(axis.lines) == 3 for axis in figure.axes)
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()


def test_nothing_to_draw_gives_a_figure_that_says_so(study, scores):
    for draw in (figures.bars, figures.by_order):
        figure = draw(effects.over_seeds(scores, ["bleu"]).iloc[:0], palette(study))
        assert figure.texts[0].get_text() == "not measured in this study"


def test_saving_twice_gives_equal_bytes_and_the_data(study, scores, tmp_path):
    rows = effects.over_seeds(scores, ["entropy"], "none")
    for name in ("a", "b"):
        figures.save(figures.bars(rows, palette(study)), rows, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "a.csv"), rows, check_dtype=False, atol=1e-6)


def test_a_shown_figure_is_embedded_and_links_its_data(study, scores, tmp_path):
    rows = effects.over_seeds(scores, ["entropy"], "none")
    stem = tmp_path / "figures" / "table1" / "entropy"
    html = figures.show(figures.bars(rows, palette(study)), rows, stem, 'Entropy, "H"').data
    assert 'src="data:image/svg+xml;base64,' in html
    assert 'href="figures/table1/entropy.csv"' in html
    assert 'alt="Entropy, &quot;H&quot;"' in html
    assert stem.with_suffix(".csv").exists()
