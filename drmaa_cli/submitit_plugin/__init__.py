"""Grid Engine for submitit: ``submitit.AutoExecutor(folder, cluster="drmaa")``.

submitit finds it by its entry points, and only submitit imports it.
"""
