"""What happens in a cell, as pure functions of its state: no I/O, no clock, no threads.

Every operation takes ``now`` and changes a :class:`~fake_sge.engine.state.CellState`; what has to
happen outside (start a process, send a signal, write an accounting line) is left in
``state.effects``. The same operations in the same order give the same state, which is what the
journal of :mod:`fake_sge.qmaster.journal` relies on.
"""
