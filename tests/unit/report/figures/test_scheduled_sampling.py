import pandas as pd

from beyond_mle.formulas import scheduled_sampling_table
from beyond_mle.report.figures import scheduled_sampling
from beyond_mle.tasks.strings import FiniteLanguage, StringsOptions

from .conftest import TITLE


def test_each_solution_is_drawn_where_it_has_the_metric(readable):
    p_XY = FiniteLanguage(StringsOptions(p="dirichlet", symbols=[2, 3])).table
    p_XYZ = FiniteLanguage(StringsOptions(p="dirichlet", symbols=[2, 2, 2])).table
    figure = scheduled_sampling.optima(pd.DataFrame(scheduled_sampling_table.rows(p_XY, p_XYZ)), TITLE)
    readable(figure)
    assert [len(axis.lines) for axis in figure.axes] == [3, 5, 5, 4]
    epsilons = list(scheduled_sampling_table.EPSILONS)
    assert all(line.get_xdata().tolist() == epsilons for axis in figure.axes for line in axis.lines)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(names) == len(set(names)) == 5
