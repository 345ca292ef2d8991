"""Feeds as files: a delivery is written in whatever form its contract says. The door is tagmart.synth.write."""
