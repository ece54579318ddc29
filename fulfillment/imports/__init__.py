"""Reading a shop's history from tables: what the mapping file says, how files are read and joined. No models here."""
