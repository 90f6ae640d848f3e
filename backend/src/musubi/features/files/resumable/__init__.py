"""Uploads that can be resumed, by the tus protocol 1.0.0 (https://tus.io/protocols/resumable-upload).

Of its extensions: creation, expiration, checksum and termination.
"""
