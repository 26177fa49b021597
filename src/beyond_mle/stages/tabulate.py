"""Make one tidy table: means over seeds beside the control's and the paper's numbers.

python -m beyond_mle.stages.tabulate --config results/default/study.yaml --runs results/default/runs \\
    --truth results/default/truth/grammar-ab.json --published config/published.yaml \\
    --table table1_autoregressive --output results/default/tables/table1_autoregressive.csv
"""

import argparse
from pathlib import Path

from beyond_mle import config
from beyond_mle.errors import exit_cleanly
from beyond_mle.report.published import load_published
from beyond_mle.report.tables import TABLES, tabulate, write_table


def main() -> None:
    """Make the table that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="the study's resolved configuration")
    parser.add_argument("--runs", type=Path, required=True, help="the folder of all runs")
    parser.add_argument("--truth", type=Path, nargs="*", default=[], help="reference rows, {task}.json each")
    parser.add_argument("--published", type=Path, required=True, help="the papers' numbers")
    parser.add_argument("--table", required=True, help=f"one of: {', '.join(TABLES)}")
    parser.add_argument("--output", type=Path, required=True, help="the .csv file to write")
    arguments = parser.parse_args()
    study = config.load_resolved(arguments.config)
    published = load_published(arguments.published)
    table = tabulate(study, arguments.runs, arguments.truth, published, arguments.table)
    write_table(table, arguments.output)
    print(f"{arguments.table}: {len(table)} rows, {table.paper.notna().sum()} of them with a published number")


if __name__ == "__main__":
    exit_cleanly(main)
