"""What accounts note in the audit log."""

ACTIONS = (
    "identity.linked",
    "identity.unlinked",
    "installation.set_up",
    "password.changed",
    "profile.updated",
    "session.ended",
    "session.reuse_detected",
    "sessions.ended",
    "user.created",
    "user.deleted",
    "user.registered",
    "user.sign_in_failed",
    "user.signed_in",
    "user.signed_out",
    "user.updated",
)
