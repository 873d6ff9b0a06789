"""Stands in for every provider: signs its web hooks, answers its interfaces, and lets one play the customer.

A second reading of the providers' documentation: nothing here is imported from the connectors, so that a mistake has to be
made twice before both agree on it.
"""
