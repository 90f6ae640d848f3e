"""Live connections: frames, sockets, and who hears what."""
