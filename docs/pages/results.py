"""The committed pages of results as pages of the site, and what they say of one scenario."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from docs.pages.links import RESULTS, as_page
from docs.pages.writing import Pages, table, toctree

BEST_SHOWN = 5
REFERENCES = ("tsrr", "equal")  # shown of a board wherever they stand


def write(out: Pages) -> None:
    """Writes a page for each, with its pictures. Raw rows and sources, which the checkout holds, are named and not copied."""
    pages = sorted(RESULTS.glob("*.md"))
    rows = [["page", "what it is"]]
    for page in pages:
        out.write(f"results/{page.name}", as_page(out, page, f"results/{page.name}"))
        rows.append([f"[{page.stem}]({page.name})", page.read_text().splitlines()[0].removeprefix("# ")])
    about = "Measured, and committed with the raw rows to `experiments/results`. Every page says which command makes it."
    out.write("results/index.md", f"# Results\n\n{about}\n\n{table(rows)}\n{toctree([page.stem for page in pages], hidden=True)}")


def tables(page: Path) -> Iterator[list[list[str]]]:
    """Yields the tables of a page in Markdown as cells, the headings first."""
    for found in re.findall(r"(?:^\|.*\|\n)+", page.read_text(), re.MULTILINE):
        lines = [line.strip().strip("|").split(" | ") for line in found.splitlines()]
        yield [[cell.strip() for cell in line] for number, line in enumerate(lines) if number != 1]


def standing(scenario: str) -> list[str]:
    """Returns what the committed results say of a scenario: who is best, and what is left to the bound."""
    lines = []
    page = RESULTS / f"{scenario}.md"
    if page.is_file():
        head, *body = next(tables(page))
        shown = [row[:4] for place, row in enumerate(body) if place < BEST_SHOWN or row[0] in REFERENCES]
        lines.append(
            f"The best {BEST_SHOWN} of {len(body)} on the 100 evaluation episodes, with 95 % intervals ([all](../results/{page.name})):"
        )
        lines.append(table([head[:4], *shown]))
    for head, *body in tables(RESULTS / "learned.md"):
        if "optimum or bound" in head:
            rows = [row for row in body if row[0] == scenario]
            if rows:
                lines.append("Learned beside the best tuned heuristic, and what no policy can pass ([how](../results/learned.md)):")
                lines.append(table([head, *rows]))
    return lines
