// Hears what is published to a topic.

export const handler = async (event) => {
  for (const { Sns } of event.Records) {
    // SNS may deliver a message twice: MessageId tells.
    console.log(`${Sns.MessageId}: ${Sns.Message}`);
  }
  return { messages: event.Records.length };
};
