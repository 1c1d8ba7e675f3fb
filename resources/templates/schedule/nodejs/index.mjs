// Runs at set times: EventBridge invokes it, by a rate or a cron expression.

export const handler = async (event) => {
  // When it was due, not when it runs: a late run does the same work.
  const due = new Date(event.time);
  console.log("the work of", due.toISOString());
  return { due: due.toISOString() };
};
