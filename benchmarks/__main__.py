"""Run every benchmark and write docs/benchmarks.md: `python -m benchmarks [NAME...]`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from benchmarks import alone, on_cells, on_fake, on_functions, over_ssh, starting
from benchmarks.report import PAGE, Row, page
from benchmarks.sides import missing, sides

Benchmark = Callable[[], Iterator[Row]]


def fast_cell() -> Iterator[Row]:
    with sides("fast", slots=32) as cell:
        yield from on_cells.submission(cell)
        yield from on_cells.many(cell)
        yield from on_cells.states(cell)
        yield on_cells.end_of_job(cell, "fast", 0.8, 15)
        yield from on_cells.short_jobs(cell)
        yield from alone.accounting(cell.cell)


def one_job() -> Iterator[Row]:
    with sides("fast") as cell:
        yield from starting.one_job(cell)


def ssh() -> Iterator[Row]:
    with sides("fast", slots=32) as cell:
        yield from over_ssh.over_ssh(cell)


def stock_cell() -> Iterator[Row]:
    with sides("stock") as cell:
        yield on_cells.end_of_job(cell, "stock", 1.3, 7)


BENCHMARKS: dict[str, Benchmark] = {
    "fast_cell": fast_cell,
    "stock_cell": stock_cell,
    "ssh": ssh,
    "listing": alone.listing,
    "scale": alone.scale,
    "start_up": alone.start_up,
    "one_job": one_job,
    "cli": starting.commands,
    "functions": on_functions.functions,
    "fake_commands": on_fake.commands,
    "fake_scale": on_fake.fake_scale,
}


def main(names: list[str]) -> int:
    lacking = missing()
    if lacking:
        print(
            f"the comparison needs Grid Engine and libdrmaa; missing: {', '.join(lacking)}", file=sys.stderr
        )
        return 1
    rows = []
    for name in names or list(BENCHMARKS):
        for row in BENCHMARKS[name]():
            rows.append(row)
            print(
                f"{row.what}: {row.ours} | {row.theirs} | {row.ratio} | {row.target} | {row.note}", flush=True
            )
        if not names:  # after each group, so that an interrupted run leaves what it has
            PAGE.parent.mkdir(exist_ok=True)
            PAGE.write_text(page(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
