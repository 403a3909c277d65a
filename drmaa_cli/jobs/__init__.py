"""What became of each job: pure functions and tables, fed with what Grid Engine said."""
