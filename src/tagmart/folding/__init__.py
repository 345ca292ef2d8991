"""Windows folded in arrays: what the SQL of folds and families says, computed several times as fast as by the database.

The generated SQL stays what is true: lineage is read from it, views and other databases run it. Here its forms are recognised
(plans.py) and computed; what is not recognised, or would not fit, the database computes as it is written.
"""
