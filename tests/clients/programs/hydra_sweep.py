"""A program of hydra's: each run of a sweep says where it ran."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import hydra


@hydra.main(version_base=None, config_path=None)
def main(config: Any) -> None:
    if config.x == 13:
        raise ValueError("not thirteen")
    line = f"{config.x**2} {os.environ['JOB_ID']} {os.environ['NSLOTS']}\n"
    Path(os.environ["SWEEP_RESULTS"], str(config.x)).write_text(line)


if __name__ == "__main__":
    main()
