-- One row per way to reach a person: this bank delivers none.
{{ absent_feed() }}
