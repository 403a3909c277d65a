"""``drmaa-cli map``: thousands of different commands as few array jobs, each followed to its end.

:mod:`lines` reads the commands; :mod:`plan` makes tasks of them; :mod:`joblog` writes down what is submitted
before it is, and how each ended; :mod:`rounds` submits and follows; :mod:`display` and :mod:`summary` tell.
"""
