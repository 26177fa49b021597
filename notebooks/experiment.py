# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% tags=["parameters"]
study = "config/default.yaml"
results = "results/default"
name = "experiment"

# %%
from pathlib import Path

from IPython.display import Markdown, display

from beyond_mle.config import load_resolved
from beyond_mle.report import html_table
from beyond_mle.report.page import Page
from beyond_mle.report.pages import title_of

page = Page(name, load_resolved(study), Path(results))
display(Markdown(f"# {title_of(name)}"))
html_table.plain(page.trainings(), "What was run: a row per system, with as many runs as it has seeds.")

# %%
html_table.plain(page.objectives(), "What the runs minimise.")

# %% [markdown]
# ## What was measured
# Every number of every system, beside that of its control where it has one: the run that differs in nothing but the
# objective. Bold is the best of a task.

# %%
for title, table in html_table.blocks(page.table()):
    display(page.comparison(table, "metric", f"{title}."))

# %% [markdown]
# What could not be measured, and why.

# %%
html_table.plain(page.skipped(), "Yardsticks that lack something, by model.", empty="Everything was measured.")

# %% [markdown]
# ## Learning curves
# One figure for each model on each task, of the runs that lead step by step to one model.

# %%
display(*page.learning_curves())

# %% [markdown]
# ## The data

# %%
html_table.plain(page.cleaning(), "Items read, kept and dropped.")
