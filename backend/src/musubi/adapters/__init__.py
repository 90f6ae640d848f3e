"""Everything outside the process: one Protocol each, with an embedded and a networked implementation."""
