-- One row per tier, exclusion or family tier set by hand: this bank delivers none.
{{ absent_feed() }}
