-- One row per contribution to a personal pension account: this bank delivers none.
{{ absent_feed() }}
