"""Tags of retail customers, read a second time."""
