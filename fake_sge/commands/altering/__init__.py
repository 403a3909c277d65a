"""qalter, qhold and qrls: one program."""
