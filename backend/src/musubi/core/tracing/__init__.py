"""Traces: where the time of a request went, told to a collector.

Nothing imports this package as long as no collector is set, so that whoever doesn't want traces doesn't pay for them:
`musubi.traces` is imported then, and puts what traces around what the application is made of.
"""
