"""Several hosts: stories recorded on a real cell of several (record_hosts.py), told again on the fake."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path

import pytest

from fake_sge.model import ClusterQueue, Simulation
from fake_sge.options import changed_timing
from tests.fake.host_stories import MAX_UNHEARD, fake_options, load_of
from tests.fake.pure import PureCell
from tests.fake.stories import Step, stories, told
from tests.fake.twin import Answer

STORIES = stories("hosts")


class Teller:
    """Tells a story on the fake."""

    def __init__(self, place: Path) -> None:
        self.cell = PureCell(place, first_job_number=700001, **fake_options())
        self.cell.qmaster.simulation = {"true": Simulation()}  # the others run for long
        self.cell.settle(1.0)

    def run(self, words: list[str], user: str, stdin: bytes) -> Answer | None:
        """One step."""
        tool, *rest = words
        special = getattr(self, f"_{tool}", None)
        if special is not None:
            special(*rest, *([stdin] if tool == "write" else []))
            self.cell.qmaster.tick()
            return None
        if tool == "qacct":
            records = [line.text for line in self.cell.qmaster.engine.state.accounting]
            (self.cell.common / "accounting").write_text("".join(f"{record}\n" for record in records))
        answer = self.cell.run(words, user, stdin=stdin)
        self.cell.qmaster.tick()
        return answer

    def _settle(self) -> None:
        self.cell.settle(5.0)

    def _later(self, seconds: str) -> None:
        self.cell.settle(float(seconds))

    def _write(self, name: str, text: bytes) -> None:
        (self.cell.home / name).write_bytes(text)

    def _load(self, host: str, load: str) -> None:
        self.cell.qmaster.apply("host_load", host, load_of(host, float(load)))

    def _scheduler(self, *pairs: str) -> None:
        self._configure(scheduler=_values(pairs))

    def _global(self, *pairs: str) -> None:
        self._configure(settings=_values(pairs))

    def _queue(self, name: str, *pairs: str) -> None:
        self._configure(queue=(name, _values(pairs)))

    def _configure(
        self,
        scheduler: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
        queue: tuple[str, Mapping[str, str]] | None = None,
    ) -> None:
        state = self.cell.qmaster.engine.state
        config = copy.deepcopy(state.config)
        config.scheduler.update(scheduler or {})
        config.global_config.update(settings or {})
        if queue is not None:
            name, values = queue
            if name not in config.queues:
                like = {**config.queues["all.q"].attributes, "qname": name, "slots": "4"}
                config.queues[name] = ClusterQueue(name, like)
            config.queues[name].attributes.update(values)
            config.queues[name] = config.queues.pop(name)  # as cell.configure does
            config.note_change(name)
        timing = changed_timing(state.timing, settings or {}, scheduler or {})
        self.cell.qmaster.apply("configure", config, timing)

    def _host(self, name: str, pair: str) -> None:
        attribute, _, value = pair.partition("=")
        config = copy.deepcopy(self.cell.qmaster.engine.state.config)
        config.hosts[name].attributes[attribute] = value
        self.cell.qmaster.apply("configure", config, None)

    def _crash(self, host: str) -> None:
        self.cell.qmaster.apply("host_down", host, False, True)

    def _unheard(self, _host: str) -> None:
        self.cell.settle(MAX_UNHEARD + 2.0)

    def _return(self, host: str) -> None:
        self.cell.qmaster.apply("host_up", host)
        self.cell.settle(2.0)


def _values(pairs: tuple[str, ...]) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in pairs)


def _told(name: str, place: Path) -> list[Step]:
    return list(told(STORIES[name], Teller(place).run))


@pytest.mark.parametrize("name", sorted(STORIES))
def test_as_on_the_real_cell(name: str, tmp_path: Path) -> None:
    assert _told(name, tmp_path) == STORIES[name]


def test_all_kinds_of_stories_are_recorded() -> None:
    assert len(STORIES) > 50
    assert all(any("stdout" in step for step in steps) for steps in STORIES.values())
