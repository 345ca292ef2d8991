-- One row per insurance policy sold for an insurer: this bank delivers none.
{{ absent_feed() }}
