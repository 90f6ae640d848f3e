"""Musubi: a full-stack web application for teams. `app.create_app` puts it together."""

from importlib.metadata import version

__version__ = version("musubi")
