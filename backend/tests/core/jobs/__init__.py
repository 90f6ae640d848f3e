"""Tests of `musubi.core.jobs`."""
