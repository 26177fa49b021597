"""A bound stays what it is, whatever it is shown with."""

import pandas as pd

from beyond_mle.report import bounds


def table(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["system", "metric", "certainty"]).assign(model="vae", value=range(len(rows)))


def test_all_that_is_known_of_a_likelihood_is_one_metric():
    rows = table(
        ("a", "nll", "lower-bound"),
        ("a", "nll-importance", "lower-bound"),
        ("a", "nll-exact", "exact"),
        ("b", "nll", "lower-bound"),  # of text: nothing to hold it against
    )
    found = bounds.beside_exact(rows)
    assert found.value.tolist() == [0, 1, 2]
    assert found.model.tolist() == ["bound", "importance-weighted bound", "exact"]
    assert set(found.metric) == {"nll-exact"}


def test_models_of_which_a_bound_is_known_are_called_so():
    rows = table(("a", "kl", "lower-bound"), ("a", "quality", "exact"))
    assert bounds.named(rows).model.tolist() == ["vae (bound)", "vae"]
