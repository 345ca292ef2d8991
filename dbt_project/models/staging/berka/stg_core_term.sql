-- One row per term deposit or certificate: this bank delivers none.
{{ absent_feed() }}
