"""The places for bytes."""
