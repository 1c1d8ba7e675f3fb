// Hears of every object that is put into a bucket, or removed from it.
// To read the object, allow s3:GetObject on the bucket to the function's role.

export const handler = async (event) => {
  const objects = event.Records.map(({ eventName, s3 }) => {
    // Keys come encoded as in a form: "a+b" is "a b".
    const key = decodeURIComponent(s3.object.key.replaceAll("+", " "));
    console.log(`${eventName}: s3://${s3.bucket.name}/${key}, ${s3.object.size ?? 0} bytes`);
    return `s3://${s3.bucket.name}/${key}`;
  });
  return { objects };
};
