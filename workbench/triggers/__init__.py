"""What makes a function run. For now read only: discover. Must not know: deploy, invoke, Qt."""
