"""Tags of corporate customers, read a second time."""
