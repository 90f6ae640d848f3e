"""Mail: what the application writes to people, and where it stays until it is sent."""

from musubi.core.feature import Feature
from musubi.features.mail import models

__all__ = ["FEATURE", "models"]

FEATURE = Feature(name="mail")
