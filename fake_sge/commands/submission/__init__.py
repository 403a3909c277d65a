"""What qsub and qrsh do with a job before they ask for it: default files, scripts, -jsv, -verify."""
