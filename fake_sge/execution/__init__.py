"""The execution host: starts, watches and ends jobs."""
