import pandas as pd
import pytest

from beyond_mle.report.figures.gain_parts import gain_parts


@pytest.fixture
def parts() -> pd.DataFrame:
    rows = [
        ("ctc", 1, 10.0, 12.0, 16.0, 5.0, 9.0),
        ("ctc", 2, 12.0, 14.0, 18.0, 5.0, 9.0),
        ("cmlm", 1, 5.0, 4.0, 3.0, None, None),
    ]
    columns = ["model", "seed", "first", "control", "value", "paper_first", "paper"]
    return pd.DataFrame(rows, columns=columns).assign(objective="convex-exp", metric="bleu")


def test_a_row_per_model_says_what_each_step_adds(parts):
    figure = gain_parts(
        parts, {"mle": "#aaaaaa", "mle-continued": "#555555", "convex-exp": "#0000ff"}, "What adds what"
    )
    (axis,) = figure.axes
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["ctc", "cmlm"]
    assert {text.get_text() for text in axis.texts} == {"+2.00 then +4.00", "+4.00", "−1.00 then −1.00"}
    assert [list(line.get_xdata())[:2] for line in axis.lines] == [[11, 13], [5, 9], [5, 4]]
    assert "the paper, on its own data" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_without_the_paper_there_is_no_mark_of_it(parts):
    figure = gain_parts(parts[parts.model == "cmlm"], {}, "What adds what")
    assert "the paper, on its own data" not in [text.get_text() for text in figure.legends[0].get_texts()]
    assert not gain_parts(parts[:0], {}, "nothing").axes
