"""Whether a night may go on: profiles, expectations over facts, and the page that shows what they found."""

from tagmart.gates.gate import GateOutcome, run_gate

__all__ = ["GateOutcome", "run_gate"]
