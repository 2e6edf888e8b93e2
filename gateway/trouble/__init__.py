"""Trouble on the roads that texts take: how it is noticed, told and ended."""
