"""``drmaa-cli sessions report``: a session as one HTML page that needs nothing else."""
