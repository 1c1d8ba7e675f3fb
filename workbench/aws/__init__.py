"""AWS itself: connections, ARNs, regions, quotas, and AWS's errors in words. The only maker of clients."""
