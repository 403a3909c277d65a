"""Map a function over many items, a chunk of them in each task, with a progress bar of rich."""

import math

from rich.progress import track

from drmaa_cli.futures import JobExecutor

ITEMS = 200


def main() -> None:
    with JobExecutor(walltime=300, name="roots") as executor:
        roots = executor.map(math.sqrt, range(ITEMS), chunksize=25)
        total = sum(track(roots, "square roots", total=ITEMS))
    print(f"the sum of {ITEMS} square roots is {total:.3f}")


if __name__ == "__main__":
    main()
