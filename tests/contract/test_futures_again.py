"""Programs that are killed and started again get what they had, and run nothing twice."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from drmaa_cli import futures
from drmaa_cli.futures import SpoolError
from tests.contract.futures import ON_CELLS, Pool, on_fake
from tests.contract.harness import World
from tests.futures import functions

pytestmark = [*ON_CELLS, pytest.mark.slow]
NAME = "nightly"


@pytest.fixture
def pool(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    monkeypatch.setenv("DRMAA_CLI_STATE_DIR", str(world.directory / "state"))
    made = Pool(world)
    yield made
    made.close()


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_a_program_that_is_killed_runs_nothing_twice(pool: Pool) -> None:
    """One call was fetched, one has ended unseen, one runs, one is new to the second program."""
    world = pool.world
    ran, gate = str(world.file("ran")), str(world.file("gate"))
    calls = [f"executor.submit(note, {ran!r}, {n})" for n in (1, 1, 2)]
    calls.append(f"executor.submit(note_and_wait, {ran!r}, {gate!r}, 3)")
    first = pool.program(
        f"futures = [{', '.join(calls)}]\nprint(futures[0].result(), flush=True)\ntime.sleep(600)",
        session=NAME,
        keys=True,
    )
    assert first.stdout is not None
    assert first.stdout.readline() == "1\n"
    world.eventually(lambda: Counter(lines(Path(ran))), lambda seen: seen == Counter("1123"))
    first.send_signal(signal.SIGKILL)
    pool.outcome(first)

    second = pool.program(
        f"futures = [{', '.join(calls)}, executor.submit(note, {ran!r}, 4)]\n"
        "print([future.result() for future in futures[:3]], flush=True)\n"
        f"open({gate!r}, 'w').close()\n"
        "print([future.result() for future in futures[3:]], flush=True)\n"
        "executor.shutdown()\n",
        session=NAME,
        keys=True,
    )
    assert pool.outcome(second)[:2] == (0, "[1, 1, 2]\n[3, 4]\n")
    assert Counter(lines(Path(ran))) == Counter("11234")

    with pool(session=NAME, keys=True) as third:
        assert [third.submit(functions.note, ran, n).result(0) for n in (1, 2, 4)] == [1, 2, 4]
        third.clear()
    with pool(session=NAME, keys=True) as fourth:
        assert fourth.submit(functions.note, ran, 4).result() == 4
    assert Counter(lines(Path(ran))) == Counter("112344")


@on_fake
def test_a_program_that_is_killed_again_and_again(pool: Pool) -> None:
    """At whatever instant: while it pickles, writes, submits, collects."""
    world = pool.world
    ran = str(world.file("ran"))
    body = f"print(sum(executor.map(note, [{ran!r}] * 12, range(12), chunksize=1)), flush=True)"
    for delay in (0.15, 0.4, 0.7, 1.1):
        program = pool.program(body, session=NAME, keys=True)
        try:
            program.wait(delay)
        except Exception:  # noqa: BLE001  # it takes longer
            program.send_signal(signal.SIGKILL)
        pool.outcome(program)
    assert pool.outcome(pool.program(body, session=NAME, keys=True))[:2] == (0, "66\n")
    assert Counter(lines(Path(ran))) == Counter(str(number) for number in range(12))


@on_fake
def test_a_failure_is_told_once_and_then_tried_again(pool: Pool) -> None:
    world = pool.world
    ran, gate, end = (str(world.file(name)) for name in ("ran", "gate", "end"))
    first = pool(session=NAME, keys=True)
    first.submit(functions.note_wait_and_fail, ran, end, "a")
    first.submit(functions.note_and_wait, ran, gate, "b")
    world.eventually(lambda: sorted(lines(Path(ran))), lambda seen: seen == ["a", "b"])
    first.detach()
    Path(end).touch()  # the failure comes when nobody is there
    with pytest.raises(RuntimeError, match="after shutdown"):
        first.submit(functions.add)

    second = pool(session=NAME, keys=True)
    waiting = second.submit(functions.note_and_wait, ran, gate, "b")
    told = second.submit(functions.note_wait_and_fail, ran, end, "a").exception()
    assert type(told) is ValueError
    assert sorted(lines(Path(ran))) == ["a", "b"]
    Path(gate).touch()
    assert waiting.result() == "b"
    second.shutdown()

    with pool(session=NAME, keys=True) as third:
        assert type(third.submit(functions.note_wait_and_fail, ran, end, "a").exception()) is ValueError
        assert third.submit(functions.note_and_wait, ran, gate, "b").result() == "b"
    assert sorted(lines(Path(ran))) == ["a", "a", "b"]


@on_fake
def test_keys_that_are_given(pool: Pool) -> None:
    ran = str(pool.world.file("ran"))
    with pool(session=NAME) as executor:
        one = executor.options(key="one").submit(functions.note, ran, 1)
        assert executor.options(key="one").submit(functions.note, ran, 2) is one
        free = executor.submit(functions.note, ran, 3)
        assert one.result() == 1
        assert free.result() == 3
        del one
        assert executor.options(key="one").submit(functions.note, ran, 2).result(0) == 1
        with pytest.raises(ValueError, match="many"):
            executor.options(key="one").map(functions.add, [1])
    with pool(session=NAME) as executor:
        assert executor.options(key="one").submit(functions.note, ran, 2).result(0) == 1
        assert executor.submit(functions.note, ran, 3).result() == 3
    assert sorted(lines(Path(ran))) == ["1", "3", "3"]


OWN = """
import dataclasses, enum
@dataclasses.dataclass
class Point:
    x: int
class Colour(enum.Enum):
    RED = 1
class Mishap(Exception): pass
def make(x): return Point(x), Colour.RED
def with_function(x): return Point(x), lambda: x
def fail(): raise Mishap(3)
def made_there():
    import collections
    return collections.namedtuple("There", "a")(1)
point, colour = executor.submit(make, 5).result()
other, function = executor.submit(with_function, 6).result()
print(point == Point(5), type(point) is Point, colour is Colour.RED, other == Point(6), function())
print(executor.submit(made_there).result().a, type(executor.submit(fail).exception()) is Mishap)
executor.shutdown()
"""


@on_fake
def test_results_of_the_programs_own_classes_are_of_its_classes_also_the_next_time(pool: Pool) -> None:
    for _ in range(2):
        program = pool.program(OWN, session=NAME, keys=True)
        assert pool.outcome(program)[:2] == (0, "True True True True 6\n1 True\n")


@pytest.mark.parametrize("name", [".", ".."])
@on_fake
def test_a_session_named_as_a_directory_has_one_of_its_own(pool: Pool, name: str) -> None:
    with pool(session=name, keys=True) as executor:
        assert executor.submit(functions.add, 1).result() == 1
        assert executor.spool.resolve().parent == pool.spool.resolve()


@on_fake
def test_the_session_is_gone(pool: Pool) -> None:
    """Its file was removed: what was not fetched is run again, results that are there are not."""
    ran = str(pool.world.file("ran"))
    with pool(session=NAME, keys=True) as executor:
        executor.submit(functions.note, ran, 1)
        assert executor.submit(functions.note_and_fail, ran, 2).exception() is not None
    (session,) = (pool.world.directory / "state").glob("*.session")
    session.unlink()
    with pool(session=NAME, keys=True) as executor:
        assert executor.submit(functions.note, ran, 1).result() == 1
        assert executor.submit(functions.note_and_fail, ran, 2).exception() is not None
    assert sorted(lines(Path(ran))) == ["1", "2", "2"]


@on_fake
def test_what_is_refused(pool: Pool) -> None:
    with pytest.raises(ValueError, match="session="):
        pool(keys=True)
    with pytest.raises(ValueError, match="session="):
        pool().options(key="x")
    with pytest.raises(ValueError, match="session="):
        pool().detach()
    holder = pool(session=NAME)
    with pytest.raises(SpoolError, match="another executor of this program"):
        pool(session=NAME)
    program = pool.program("", session=NAME)
    status, _, err = pool.outcome(program)
    assert status == 1
    assert "in use by another program" in err
    holder.shutdown()
    assert pool.outcome(pool.program("", session=NAME))[0] == 0


@on_fake
def test_ctrl_c_leaves_the_jobs_to_the_next_program(pool: Pool) -> None:
    world = pool.world
    ran, gate = world.file("ran"), world.file("gate")
    call = f"executor.submit(note_and_wait, {str(ran)!r}, {str(gate)!r}, 'x')"
    body = f"with executor:\n    future = {call}\n    wait_for({str(ran)!r})\n    print('up', flush=True)\n"
    first = pool.program(f"{body}    future.result()\n", session=NAME, keys=True)
    assert first.stdout is not None
    assert first.stdout.readline() == "up\n"
    first.send_signal(signal.SIGINT)
    _, _, err = pool.outcome(first)
    assert "KeyboardInterrupt" in err
    gate.touch()
    second = pool(session=NAME, keys=True)
    future = second.submit(functions.note_and_wait, str(ran), str(gate), "x")
    assert future.result() == "x"
    assert lines(ran) == ["x"]
    assert isinstance(future, futures.JobFuture)
