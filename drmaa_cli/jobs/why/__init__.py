"""Why a job waits, or why it ended: pure judgements of what Grid Engine says of it."""
