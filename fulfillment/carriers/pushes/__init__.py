"""What carriers and aggregators push to us: signed, kept like a store's deliveries, and read like their answers."""
