"""Make one tidy table: means over seeds beside the control's and the paper's numbers.

python -m beyond_mle.stages.tabulate --config results/default/study.yaml --runs results/default/runs \\
    --truth results/default/truth/grammar-ab.json --published config/published.yaml \\
    --table table1_autoregressive --output results/default/tables/table1_autoregressive.csv
"""

from pathlib import Path

from beyond_mle import config
from beyond_mle.errors import exit_cleanly
from beyond_mle.report.published import load_published
from beyond_mle.report.tables import tabulate, write_table
from beyond_mle.stages import command_line


def main() -> None:
    """Make the table that the command line names."""
    parser = command_line.parser(__doc__, "config", "runs", "output")
    parser.add_argument("--truth", type=Path, nargs="*", default=[], help="reference rows, {task}.json each")
    parser.add_argument("--published", type=Path, required=True, help="the papers' numbers")
    parser.add_argument("--table", required=True, help="the page that shows it")
    arguments = parser.parse_args()
    study = config.load_resolved(arguments.config)
    published = load_published(arguments.published)
    table = tabulate(study, arguments.runs, arguments.truth, published, arguments.table)
    write_table(table, arguments.output)
    print(f"{arguments.table}: {len(table)} rows, {table.paper.notna().sum()} of them with a published number")


if __name__ == "__main__":
    exit_cleanly(main)
