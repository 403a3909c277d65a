"""What runs in the process of a fake command, and the control connection."""
