"""Who a customer is: doubles, source ids and how they move, checks, overrides, households, managers."""

from tagmart.synth.identity.doubles import Doubles, make_doubles, write_doubles

__all__ = ["Doubles", "make_doubles", "write_doubles"]
