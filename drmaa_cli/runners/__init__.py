"""Ways to run a command: on this host today; each knows processes, none knows Grid Engine."""
