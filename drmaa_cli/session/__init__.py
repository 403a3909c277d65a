"""The DRMAA verbs of one session, and the process-wide session of the drmaa package."""
