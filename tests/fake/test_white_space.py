"""White space in the requests of ``-l``: only blanks and commas separate, as observed on a real cell."""

from __future__ import annotations

import pytest

from fake_sge.commands.submit_options.option_values import parse_resources


@pytest.mark.parametrize("white", ["\n", "\t", "\r", "\v", "\f"])
def test_other_white_space_belongs_to_the_value(white: str) -> None:
    assert parse_resources(f"h_rt=10{white}") == (("h_rt", f"10{white}"),)
    assert parse_resources(f"h_rt=10{white}a=b") == (("h_rt", f"10{white}a=b"),)


@pytest.mark.parametrize("text", ["h_rt=10 h_vmem=1G", "h_rt=10,h_vmem=1G", " h_rt=10 ,h_vmem=1G "])
def test_blanks_and_commas_separate(text: str) -> None:
    assert parse_resources(text) == (("h_rt", "10"), ("h_vmem", "1G"))
