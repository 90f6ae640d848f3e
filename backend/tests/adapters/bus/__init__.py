"""The buses between processes."""
