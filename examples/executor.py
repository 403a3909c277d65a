"""Run Python functions as jobs, some with other resources, and see what a failure tells."""

import os
import socket

from drmaa_cli.futures import CallExitedError, JobExecutor


def square(number: int) -> int:
    print(f"squaring {number} on {socket.gethostname()}")
    return number * number


def give_up() -> None:
    print("there is no point in going on")
    os._exit(3)


def main() -> None:
    with JobExecutor(walltime=300) as executor:
        futures = [executor.submit(square, number) for number in range(5)]
        named = executor.options(name="by_another_name").submit(os.getenv, "JOB_NAME")
        failing = executor.submit(give_up)
        print([future.result() for future in futures])
        print(f"the job's name was {named.result()}")
        try:
            failing.result()
        except CallExitedError as error:
            print(f"exit status {error.status}, its last words: {error.tail}")


if __name__ == "__main__":
    main()
