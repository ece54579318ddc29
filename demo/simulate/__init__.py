"""A believable year of a small outdoor shop in Hamburg. Invented people, real places, no recorded data."""
