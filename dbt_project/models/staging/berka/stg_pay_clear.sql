-- One row per settle day, network and direction of cleared quick payments: this bank delivers none.
{{ absent_feed() }}
