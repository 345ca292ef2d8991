"""The demo bank: a synthetic bank whose files and whose truth are known, made from a seed."""

from tagmart.synth.bank import SynthSummary, generate

__all__ = ["SynthSummary", "generate"]
