"""``drmaa-cli usage``: what jobs used of what they had asked for."""
