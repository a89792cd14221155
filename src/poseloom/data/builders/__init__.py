"""What adds to a table: rows from a source, descriptions, pairs with instructions."""
