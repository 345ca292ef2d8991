-- One row per entry of the business register: this bank delivers none.
{{ absent_feed() }}
