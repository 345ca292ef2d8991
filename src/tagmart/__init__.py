"""tagmart: a bank's customer tags, built every night."""
