"""What the customer's pages say, worked out without HTTP and without further queries."""
