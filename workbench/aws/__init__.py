"""AWS: connections, ARNs, regions, quotas, and errors in words. The only room that makes clients."""
