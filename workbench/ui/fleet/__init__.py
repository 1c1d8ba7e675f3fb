"""All Functions: one table over profiles and regions."""
