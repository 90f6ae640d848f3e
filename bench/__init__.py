"""Measurements of the HTTP API beside a handler that does the same work without a framework."""
