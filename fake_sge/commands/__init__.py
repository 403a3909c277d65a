"""The tools: one module per command, each with ``main(request, qmaster) -> Reply``."""
