"""libdrmaa's C functions, which are not here: importing this module says so."""

raise ImportError(
    "drmaa.wrappers is drmaa-python's ctypes interface to libdrmaa; this drmaa is drmaa_cli, which has no "
    "libdrmaa: use drmaa.Session and drmaa.JobTemplate",
    name="drmaa.wrappers",
)
