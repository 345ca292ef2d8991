-- One row per payee of a payroll batch: this bank delivers none.
{{ absent_feed() }}
