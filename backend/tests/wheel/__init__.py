"""The wheel by itself: `make test-wheel`."""
