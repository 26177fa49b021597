"""What training took."""

import math

from beyond_mle.jobs import jobs
from beyond_mle.layout import Layout
from beyond_mle.report.cost import seconds


def test_a_training_s_seconds_are_those_of_its_benchmark(study, tmp_path):
    run = next(iter(jobs(study).values())).run
    layout = Layout(tmp_path)
    assert math.isnan(seconds(layout, run))
    layout.benchmark(run.key).parent.mkdir(parents=True)
    layout.benchmark(run.key).write_text("s\th:m:s\tmax_rss\n12.5\t0:00:12\t-\n")
    assert seconds(layout, run) == 12.5
