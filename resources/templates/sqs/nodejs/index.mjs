// Works off messages from a queue, in batches.
// A message that fails comes back, the others are deleted: set ReportBatchItemFailures on the trigger.

export const handler = async (event) => {
  const batchItemFailures = [];
  for (const message of event.Records) {
    try {
      await work(JSON.parse(message.body));
    } catch (error) {
      console.error(`message ${message.messageId} failed`, error);
      batchItemFailures.push({ itemIdentifier: message.messageId });
    }
  }
  return { batchItemFailures };
};

async function work(job) {
  console.log("working on", job);
}
