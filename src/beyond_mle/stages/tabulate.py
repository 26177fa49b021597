"""Make the tidy table of one page: means over seeds beside the control's and the paper's numbers.

python -m beyond_mle tabulate --study results/default/studies/….yaml --results results/default \\
    --page table1_autoregressive
"""

from beyond_mle.config import load_resolved
from beyond_mle.report.page import Page
from beyond_mle.report.pages import PUBLISHED
from beyond_mle.report.published import load_published
from beyond_mle.report.results import controls
from beyond_mle.report.tables import tabulate, write_table
from beyond_mle.stages import command_line


def main() -> None:
    """Make the table that the command line names."""
    arguments = command_line.parser(__doc__, "study", "results", "page").parse_args()
    study = load_resolved(arguments.study)
    page = Page(arguments.page, study, arguments.results)
    searches = [name for name, options in study.decoders.items() if options.get("kind", name) == "beam"]
    drawn = [name for name, section in page.sections.items() if section == "decoder"]
    related, published = controls(page.jobs), load_published(PUBLISHED)
    table = tabulate(page.scores(), related, published, study.substitutes, [*searches, "exact"], drawn)
    write_table(table, page.layout.page_table(page.name))
    print(f"{page.name}: {len(table)} rows, {table.paper.notna().sum()} of them with a published number")
