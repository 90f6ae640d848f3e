"""The outbox of live changes."""
