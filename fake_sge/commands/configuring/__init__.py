"""The part of qconf that changes the configuration (scenario ``configuration`` of the recorded ones)."""
