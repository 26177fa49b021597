"""Pages by the command line: what a notebook computes is shown, and a failing cell leaves no page."""

import pytest

from beyond_mle.errors import UserError
from beyond_mle.files import write_json
from beyond_mle.report.pages import INDEX
from beyond_mle.stages import render


@pytest.fixture
def world(fresh):
    """A study without runs, whose scorecard is empty."""
    world = fresh(experiments={}, substitutes={})
    write_json(world.layout.scorecard, [])
    return world


def notebook(world, text: str):
    """A notebook of this text; the index page needs the fewest files."""
    path = world.folder / "index.py"
    path.write_text('# %% tags=["parameters"]\nstudy = ""\nresults = ""\nname = ""\n\n' + text)
    return path


def test_a_page_shows_what_its_notebook_computes(world):
    source = notebook(world, "# %% [markdown]\n# $x^2$\n\n# %%\n(results.rsplit('/')[-1] + name) * 2")
    world.run("render", page=INDEX, notebook=source)
    html = world.layout.page(INDEX).read_text()
    assert "resultsindexresultsindex" in html
    assert "<math" in html
    assert "Numbers mean nothing." in html


def test_a_notebook_reads_the_study_that_it_is_given(world):
    read = "# %%\nfrom beyond_mle.config import load_resolved\nload_resolved(study).preset.upper()"
    world.run("render", page=INDEX, notebook=notebook(world, read))
    assert "TINY" in world.layout.page(INDEX).read_text()


def test_a_failing_cell_is_one_line_and_leaves_no_page(world):
    source = notebook(world, "# %%\nimport math\n\n# %%\nmath.sqrt(-1)\n")
    message = world.refused("render", page=INDEX, notebook=source)
    assert message.startswith(f"{source}, cell 4 (math.sqrt(-1)): ValueError: ")
    assert not world.layout.page(INDEX).exists()


def test_an_unknown_page_is_refused_before_anything_runs(world):
    source = notebook(world, "# %%\n1 / 0")
    assert world.refused("render", page="idnex", notebook=source).startswith("preset 'tiny' has no page 'idnex'")


def test_a_missing_input_is_named_before_anything_runs(world):
    world.layout.scorecard.unlink()
    message = world.refused("render", page=INDEX, notebook=notebook(world, "# %%\n1 / 0"))
    assert message.startswith(f"{world.layout.scorecard}: no such file, although the page 'index' shows it")


def test_a_missing_notebook_is_an_error(tmp_path):
    with pytest.raises(UserError, match="no such notebook"):
        render.execute(tmp_path / "index.py", {})


def test_two_executions_give_equal_notebooks(tmp_path):
    source = tmp_path / "page.py"
    source.write_text('# %% tags=["parameters"]\na = 1\n\n# %%\na * 2')
    first, second = (render.execute(source, {"a": "2"}) for _ in range(2))
    assert first == second
