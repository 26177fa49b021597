from pathlib import Path

import pytest
import yaml

from beyond_mle.errors import UserError
from beyond_mle.stages import render

ROOT = Path(__file__).parents[3]
STUDY = {
    "preset": "tiny",
    "caveat": "Numbers mean nothing.",
    "tasks": {},
    "models": {},
    "decoders": {},
    "training": {},
    "experiments": [],
}


@pytest.fixture
def command_line(tmp_path, monkeypatch):
    """Sets the arguments for a notebook of this text, named index: that page needs the fewest files."""
    results = tmp_path / "results"
    results.mkdir()
    (results / "study.yaml").write_text(yaml.safe_dump(STUDY))
    (results / "scorecard.json").write_text("[]")
    output = results / "report" / "index.html"

    def write(text: str) -> Path:
        notebook = tmp_path / "index.py"
        notebook.write_text('# %% tags=["parameters"]\nconfig = results = ""\n\n' + text)
        options = {
            "notebook": notebook,
            "config": results / "study.yaml",
            "results": results,
            "output": output,
        }
        words = [word for name, path in options.items() for word in (f"--{name}", str(path))]
        monkeypatch.setattr("sys.argv", ["render", *words])
        return output

    return write


def test_a_page_shows_what_its_notebook_computes(command_line):
    output = command_line("# %% [markdown]\n# $x^2$\n\n# %%\nresults.rsplit('/')[-1] * 2")
    render.main()
    html = output.read_text()
    assert "resultsresults" in html
    assert "<math" in html
    assert "Numbers mean nothing." in html


def test_a_failing_cell_is_one_line_and_leaves_no_page(command_line):
    output = command_line("# %%\nimport math\n\n# %%\nmath.sqrt(-1)\n")
    with pytest.raises(UserError, match=r"index\.py, cell 4 \(math\.sqrt\(-1\)\): ValueError: ") as error:
        render.main()
    assert "\n" not in str(error.value)
    assert not output.exists()


def test_a_missing_notebook_is_an_error(tmp_path):
    with pytest.raises(UserError, match="no such notebook"):
        render.execute(tmp_path / "index.py", {})


def test_two_executions_give_equal_notebooks(tmp_path):
    notebook = tmp_path / "page.py"
    notebook.write_text('# %% tags=["parameters"]\na = 1\n\n# %%\na * 2')
    first, second = (render.execute(notebook, {"a": "2"}) for _ in range(2))
    assert first == second
