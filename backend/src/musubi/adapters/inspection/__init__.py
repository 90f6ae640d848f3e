"""What runs in the processes that look into files.

It is apart from the feature that asks because such a process is to be small: it imports nothing else of the
application.
"""
