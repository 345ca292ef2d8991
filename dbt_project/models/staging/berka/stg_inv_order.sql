-- One row per order of wealth products or funds: this bank delivers none.
{{ absent_feed() }}
