"""What finance knows: the general ledger from the details of all rooms, and what accounts contribute."""
