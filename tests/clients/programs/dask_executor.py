"""dask computes on Grid Engine through its interface for executors."""

from __future__ import annotations

import sys

import dask

from drmaa_cli.futures import JobExecutor


def increment(number: int) -> int:
    return number + 1


def main(spool: str) -> None:
    total = dask.delayed(sum)([dask.delayed(increment)(number) for number in range(4)])
    broken = dask.delayed(increment)("x")
    with JobExecutor(spool) as executor:
        print(dask.compute(total, scheduler=executor)[0])
        with dask.config.set(scheduler=executor.options(slots=2)):
            print(total.compute())
        try:
            broken.compute(scheduler=executor)
        except TypeError as error:
            print(f"TypeError: {error}")


if __name__ == "__main__":
    main(sys.argv[1])
