"""What returns hear from the floor below."""
