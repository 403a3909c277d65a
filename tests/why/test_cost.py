"""What why() costs the qmaster: it is asked once for jobs that are alike, however many there are."""

from __future__ import annotations

import pytest

from tests.why.site import Site

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("site", ["fake"], indirect=True)
def test_jobs_that_ask_for_the_same_are_verified_once(site: Site) -> None:
    assert site.session is not None
    jobs = [site.submit("-l", "arch=none", "sleep", "9") for _ in range(12)]
    jobs += [site.submit("-l", f"lic={count}", "sleep", "9") for count in range(2, 12)]
    before = dict(site.session.commands)
    found = site.why(*jobs)
    asked = {name: count - before.get(name, 0) for name, count in site.session.commands.items()}
    assert [one.id for one in found] == jobs
    assert {one.sentence for one in found[:12]} == {found[0].sentence}
    assert asked["qalter"] == 16, "two for each of the first eight groups"
    assert asked["qstat"] == 3
    assert found[-1].sentence.startswith(
        "waiting for what it asks for: it asks for lic=11, and host localhost"
    )


@pytest.mark.parametrize("site", ["fake"], indirect=True)
def test_a_large_array_is_one_answer(site: Site) -> None:
    assert site.session is not None
    job = site.submit("-t", "1-20000", "-h", "true")
    before = dict(site.session.commands)
    (only,) = site.why(job)
    assert (only.id, only.jobs) == (f"{job}.1-20000", 20000)
    assert site.session.commands["qstat"] - before.get("qstat", 0) == 5
