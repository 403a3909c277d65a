"""hydra's multi-runs on Grid Engine: ``hydra/launcher=submitit_drmaa``."""
