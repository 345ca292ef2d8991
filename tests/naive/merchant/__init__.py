"""Tags of merchant customers, read a second time."""
