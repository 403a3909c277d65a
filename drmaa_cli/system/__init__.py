"""Effects that know nothing of DRMAA: running commands, finding them, following the accounting file, time."""
