"""Leads, read a second time from the sentences of DOMAIN.md 5: pandas over the rows of dwd, a function a code of a lead.

A reading takes an evening (`_evening.Evening`: the bank's rows, a day, and the tags of the day before) and gives what is
told on that day: customer, variant, and the part that the key names. It looks at no row of a later day.
"""
