"""The application about itself: health, navigation and, in test mode, a clean start."""

from musubi.core.feature import Feature
from musubi.features.system import navigation

FEATURE = Feature(name="system", routers=(navigation.router,))
