"""What tasks share: recipes by address, examples made by rule, learners that read text, exported models."""
