"""Grid Engine's command line as pure functions: argument lists out, replies in.

One module per command. ``argv()`` says what to run, ``parse()`` reads the
:class:`~drmaa_cli.gridengine.records.CommandResult`. Running the command, the clock and the mapping to DRMAA
exceptions belong to the layers above.
"""
