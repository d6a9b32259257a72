"""Two interpreters compared, patched against stock: in instructions, and in time."""
