-- One row per statement of account that was sent for confirmation: this bank delivers none.
{{ absent_feed() }}
