"""Values that several commands read and write in the same way."""
