// Hears every change of a table, in order within each item.
// It stops at the first change that fails and says which: Lambda goes on from there. Set
// ReportBatchItemFailures on the trigger, and a limit to how often it tries.

export const handler = async (event) => {
  for (const { eventName, dynamodb } of event.Records) {
    try {
      await work(eventName, plain(dynamodb.Keys), plain(dynamodb.NewImage ?? {}));
    } catch (error) {
      console.error(`change ${dynamodb.SequenceNumber} failed`, error);
      return { batchItemFailures: [{ itemIdentifier: dynamodb.SequenceNumber }] };
    }
  }
  return { batchItemFailures: [] };
};

// One change: name is INSERT, MODIFY or REMOVE; item is empty after REMOVE.
async function work(name, keys, item) {
  console.log(name, keys, item);
}

// An item without DynamoDB's type marks: {"id": {"N": "7"}} is {"id": 7}.
function plain(attributes) {
  return Object.fromEntries(Object.entries(attributes).map(([name, typed]) => [name, valueOf(typed)]));
}

function valueOf(typed) {
  const [[kind, value]] = Object.entries(typed);
  if (kind === "N") return Number(value);
  if (kind === "M") return plain(value);
  if (kind === "L") return value.map(valueOf);
  return kind === "NULL" ? null : value;
}
