-- One row per organisation, currency, subject and day of the general ledger: this bank delivers none.
{{ absent_feed() }}
