"""A submit host reached by the user's own OpenSSH: one login for each host, every command over it."""
