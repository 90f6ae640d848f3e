"""Backups: an installation as one file, and back; and the move of an embedded installation to PostgreSQL.

All of it is the same few steps: the rows of every table in a form that both databases share, the bytes of the files,
and the secrets. Only the command line calls it.
"""
