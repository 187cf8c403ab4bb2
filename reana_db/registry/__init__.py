"""What binds statements to signatures: arguments, results, checks."""
