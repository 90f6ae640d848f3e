"""Second factors: authenticator apps, recovery codes and passkeys.

An account has one as soon as it has a confirmed app or a passkey. From then on a password alone doesn't open it.
Recovery codes replace the others when those are lost; by themselves they are none.
"""
