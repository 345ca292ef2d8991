-- One row per off-balance business: this bank delivers none.
{{ absent_feed() }}
