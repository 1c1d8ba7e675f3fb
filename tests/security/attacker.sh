#!/bin/bash
# The same as a custom runtime, in short: deployed as `bootstrap`. The event's first line is the credentials' file,
# the second the home, in JSON strings.
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
attempt() { if "$@" >/dev/null 2>"$TMPDIR/why"; then echo done; elif grep -q -e denied -e "not permitted" -e "Read-only" "$TMPDIR/why"; then echo EACCES; elif grep -q -e "No such" "$TMPDIR/why"; then echo ENOENT; else tr -d '"\n' <"$TMPDIR/why"; fi; }
write() { echo mine >"$1"; }
while true; do
  curl -sS -D "$TMPDIR/head" -o "$TMPDIR/event" "$api/invocation/next"
  id=$(tr -d '\r' <"$TMPDIR/head" | grep -i '^lambda-runtime-aws-request-id:' | cut -d' ' -f2)
  read -r credentials home < <(tr -d '[]",' <"$TMPDIR/event")
  answer="{\"read credentials\": \"$(attempt cat "$credentials")\", \"list the home\": \"$(attempt ls "$home")\","
  answer="$answer \"write outside\": \"$(attempt write "$home/new")\","
  answer="$answer \"read the parent's environment\": \"$(attempt cat "/proc/$PPID/environ")\","
  answer="$answer \"signal the parent\": \"$(attempt kill -CONT "$PPID")\"}"
  curl -sS -X POST -d "$answer" "$api/invocation/$id/response" >/dev/null
done
