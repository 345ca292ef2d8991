-- One row per event in the mobile bank: this bank delivers none.
{{ absent_feed() }}
