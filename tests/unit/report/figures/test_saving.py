import itertools

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.text import Text

from beyond_mle.report import figures
from beyond_mle.report.style import OTHER, shade


def drawn() -> Figure:
    figure = Figure()
    figure.subplots().plot([1, 2], [3, 4])
    return figure


DATA = pd.DataFrame({"name": ["a", "b"], "mean": [1 / 3, 2.0]})


def test_saving_twice_gives_equal_bytes_and_the_data(tmp_path):
    for name in ("a", "b"):
        figures.save(drawn(), DATA, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "a.csv"), DATA, atol=1e-6)


def test_a_cloud_of_points_is_a_picture_and_a_few_points_are_not(tmp_path):
    for points, is_picture in ((figures.MANY + 1, True), (figures.MANY, False)):
        figure = Figure()
        figure.subplots().scatter(range(points), range(points))
        assert ("<image" in figures.save(figure, DATA, tmp_path / "cloud")) == is_picture


def test_names_beside_lines_stand_apart_in_the_order_of_the_ends():
    figure, [[axis]] = figures.panels("Title", 1)
    ends = [(1.0, y, name, "black") for y, name in ((0.5, "middle"), (0.49, "below"), (0.51, "above"), (9.0, "far"))]
    for x, y, *_ in ends:
        axis.plot([0, x], [0, y])
    figures.beside(figure, axis, ends)
    figure.draw_without_rendering()
    heights = {text.get_text(): Text.get_window_extent(text).y0 for text in axis.texts}
    assert sorted(heights, key=heights.__getitem__) == ["below", "middle", "above", "far"]
    size = figures.SMALL * figure.dpi / 72
    near = sorted(heights.values())[:3]
    assert all(upper - lower > size for lower, upper in itertools.pairwise(near))


def test_long_titles_are_wrapped_before_they_run_out_of_the_figure():
    figure, _ = figures.panels("Does π change anything? Compare the rows of js-adversarial " * 2, 1)
    figure.draw_without_rendering()
    assert figure.get_suptitle().count("\n") == 2
    assert figure.get_tightbbox().x1 <= figures.WIDTH


def test_labels_have_the_colour_of_their_objective_in_its_shade():
    rows = pd.DataFrame({"label": ["a", "b", "b"], "objective": ["x", "y", "y"], "order": [float("nan"), 3, 3]})
    assert figures.colours(rows, {"x": "#112233", "y": "#445566"}) == {"a": "#112233", "b": shade("#445566", 3)}
    assert figures.colours(rows, {}) == {"a": OTHER, "b": shade(OTHER, 3)}
