"""gridmap maps a function over values, each in a job of its own; (with "fail") one of them raises."""

from __future__ import annotations

import sys


def work(value: int) -> int:
    if value < 0:
        raise ValueError(f"no square root of {value}")
    return value * value


def main() -> int:
    import gridmap  # noqa: PLC0415  # the jobs import this file as well, and need only the function
    import gridmap_jobs  # noqa: PLC0415  # by its name, so that the jobs can import the function

    values = [3, 4, -5] if sys.argv[1] == "fail" else [3, 4, 5]
    try:
        answers = gridmap.grid_map(gridmap_jobs.work, values, quiet=False, temp_dir=sys.argv[2])
    except ValueError as error:
        print("ValueError", error)
    else:
        print("answers", answers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
