"""Nothing that was acknowledged is lost: devices that never give up, a checker of what they saw, and storms to put
them through."""
