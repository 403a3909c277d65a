"""The options of qsub, qrsh and qalter: their table, their values, their parser."""
