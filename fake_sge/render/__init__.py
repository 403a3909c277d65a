"""Grid Engine's output, byte for byte: pure functions from model values to text. No I/O, no clock."""
