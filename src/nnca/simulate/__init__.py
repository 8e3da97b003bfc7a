"""Simulators that make the project's own data; nothing else in `nnca` imports them."""
