"""drmaa-python's own tests, from its source distribution, pass on the shim."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.clients.conftest import Published, environment, source

pytestmark = [pytest.mark.clients, pytest.mark.slow]

# The tests are written for nose, which no longer runs: pytest 7 still knows its setup() and teardown() of a
# module, and of nose.tools they use one function.
NOSE = "def eq_(found, expected):\n    assert found == expected, (found, expected)\n"


def test_the_tests_of_drmaa_python(published: Published) -> None:
    tests = published.directory / "upstream"
    shutil.copytree(source("drmaa==0.7.9") / "test", tests)
    nose = published.directory / "nose"
    nose.mkdir()
    (nose / "__init__.py").write_text("")
    (nose / "tools.py").write_text(NOSE)
    bin_directory = environment("drmaa-python", "pytest==7.4.4")
    words = (
        "python",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore",
        *map(str, tests.iterdir()),
    )
    done = published.run(bin_directory, *words, PYTHONPATH=str(published.directory))
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^19 passed in", done.stdout, re.MULTILINE), done.stdout
