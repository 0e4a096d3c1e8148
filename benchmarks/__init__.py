"""Measurements as ratios against a floor program, in one run."""
