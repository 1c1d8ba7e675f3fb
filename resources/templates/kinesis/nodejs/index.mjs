// Reads records from a stream, in order within each shard.
// It stops at the first record that fails and says which: Lambda goes on from there. Set
// ReportBatchItemFailures on the trigger, and a limit to how often it tries.

export const handler = async (event) => {
  for (const { kinesis } of event.Records) {
    try {
      await work(kinesis.partitionKey, JSON.parse(Buffer.from(kinesis.data, "base64").toString("utf8")));
    } catch (error) {
      console.error(`record ${kinesis.sequenceNumber} failed`, error);
      return { batchItemFailures: [{ itemIdentifier: kinesis.sequenceNumber }] };
    }
  }
  return { batchItemFailures: [] };
};

async function work(key, content) {
  console.log(`${key}:`, content);
}
