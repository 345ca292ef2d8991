-- One row per loan note and day on which it was classed: this bank delivers none.
{{ absent_feed() }}
