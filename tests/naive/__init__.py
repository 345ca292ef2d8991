"""A second, naive computation of every tag: in pandas, from the rows of dwd, written from the sentences of the tags.

It knows nothing of the SQL: no partials, no folds, no generated names. A module of `retail/`, `corporate/` or `merchant/` has
one function, `tags(bank)`, which gives a frame of some tags, a row a customer of record; names that begin with `_` are shared
by modules. `test_naive.py` holds every value against the wide tables of a night, and asks that no tag is left out.
"""
