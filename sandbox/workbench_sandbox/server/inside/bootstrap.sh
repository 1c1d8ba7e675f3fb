#!/bin/sh
# Starts a runtime by its wrapper script, as /var/runtime/bootstrap does on AWS: bootstrap.sh WRAPPER COMMAND…
# Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper
wrapper="$1"
if [ ! -f "$wrapper" ]; then
  echo "$wrapper: does not exist"
  exit 127
fi
if [ ! -x "$wrapper" ]; then
  echo "$wrapper: is not an executable"
  exit 126
fi
exec "$@"
