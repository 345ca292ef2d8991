-- One row per grant or withdrawal of consent: this bank delivers none.
{{ absent_feed() }}
