"""The page in a browser, where there is one: it says nothing, and nothing is wider than the window."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.cli.report.gather import ReportLimits, gather
from drmaa_cli.cli.report.page import page
from tests.cli.report.kit import GIBIBYTE, MEBIBYTE, START, History, Past
from tests.cli.report.test_page import ODD

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
STYLE = Path(page.__code__.co_filename).with_name("style.css")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no chromium here to look at the page with"),
]


def filled(state: Path) -> History:
    history = History(state, "genome")
    tasks: list[Past | None] = [
        Past(5 + at // 50 * 600, 500 + at * 37 % 200, (800 + at * 53 % 300) * MEBIBYTE) for at in range(400)
    ]
    for at in (7, 99, 203):
        tasks[at] = Past(5 + at // 50 * 600, 90, 4 * GIBIBYTE, failed=100, exit_status=137)
    history.add(
        101, tasks, name="align", key="a rather long key that somebody has chosen/align",
        requests="-l h_vmem=4G,h_rt=3600", commands=[["./align", "--sample", f"s{at}"] for at in range(400)],
    )  # fmt: skip
    history.add(
        102, Past(10, 40, exit_status=3), name="x" * 300, key="k" * 500, commands=[["echo", "y" * 3000]]
    )
    odd = ODD.replace("\udcff", "")  # no text of a file
    history.add(103, [None] * 3, name=odd, key=odd, submitted=START + 100)
    return history


def browse(page: Path, *options: str) -> tuple[str, str]:
    """The page as the browser has it after all, and what it said meanwhile."""
    assert BROWSER is not None
    done = subprocess.run(
        [
            *(BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
            *(f"--user-data-dir={page.parent / 'profile'}", "--enable-logging=stderr"),
            *(*options, page.as_uri()),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return done.stdout, "\n".join(re.findall(r"CONSOLE.*", done.stderr))


def test_the_page_fits_and_is_quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state"
    filled(state).close()
    monkeypatch.setenv("PATH", "/nonexistent")
    place = SessionPlace("genome", "session=genome", state, chosen=True, is_here=True)
    text = page(gather(place, ReportLimits(50, 15)), STYLE.read_text(encoding="utf-8"))
    own = tmp_path / "own.html"
    own.write_text(text, encoding="utf-8")
    dom, said = browse(own, "--dump-dom")
    assert said == ""
    assert "genome: report of a session" in dom
    frames = "".join(
        f'<iframe width="{width}" height="900" srcdoc="{html.escape(text)}"></iframe>'
        for width in (360, 700, 1400)
    )
    script = """onload = () => document.title = JSON.stringify([...document.querySelectorAll("iframe")].map(
        frame => frame.contentDocument.documentElement).map(root => [root.scrollWidth, root.clientWidth]))"""
    head = f'<!doctype html><meta charset="utf-8"><title>?</title><script>{script}</script>'
    around = tmp_path / "around.html"
    around.write_text(f"{head}{frames}", encoding="utf-8")
    dom, _ = browse(around, "--dump-dom", "--virtual-time-budget=20000")
    found = re.search(r"<title>(.*?)</title>", dom)
    assert found is not None
    widths = json.loads(html.unescape(found[1]))
    assert len(widths) == 3
    for whole, window in widths:
        assert 300 < whole <= window
