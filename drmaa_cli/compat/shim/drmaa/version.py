"""The version of drmaa-python whose interface this is; drmaa_cli has its own, ``drmaa_cli.__version__``."""

__version__ = "0.7.9"
VERSION = tuple(int(part) for part in __version__.split("."))
