"""The daemon: keeps the cell's state, serves commands and control calls."""
