"""What commands can ask of a qmaster, and how they report that they cannot."""
