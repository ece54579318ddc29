"""Running the demo: setting up, starting what belongs to it, and keeping it moving."""
