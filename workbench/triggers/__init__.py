"""What makes a function run: found, explained, wired, repaired, removed. Must not know: deploy, Qt."""
