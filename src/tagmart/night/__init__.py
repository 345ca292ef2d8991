"""The steps of a run: what happens in which order, each in a process of its own."""
