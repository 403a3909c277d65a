"""Drop-in use: the packages ``drmaa`` and ``DRMAA`` for programs that know nothing of drmaa_cli.

The directory ``shim`` beside this file goes to the front of PYTHONPATH; it holds nothing but those two
packages, and what loads drmaa_cli for an interpreter that has none installed.
"""
