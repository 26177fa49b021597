import pandas as pd
from matplotlib.figure import Figure

from beyond_mle.report import figures


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


def test_a_legend_names_what_several_panels_have_once():
    figure = Figure()
    one, two = figure.subplots(1, 2)
    for axis in (one, two):
        axis.plot([1], [1], label="a")
    two.plot([1], [1], label="b")
    assert list(figures.legend_handles([one, two])) == ["a", "b"]
