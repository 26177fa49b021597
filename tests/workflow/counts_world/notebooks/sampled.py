# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # Counts from draws
# A geometric distribution fitted to draws of a Poisson distribution.

# %% tags=["parameters"]
study = "study.yaml"
results = "results/counts"
name = "sampled"

# %%
from pathlib import Path

from beyond_mle.config import load_resolved
from beyond_mle.report.page import Page

page = Page(name, load_resolved(study), Path(results))
page.scores()[["task", "model", "objective", "metric", "seed", "value"]]
