// Answers HTTP requests that come through an HTTP API or a function URL (payload version 2.0).

export const handler = async (event) => {
  const { method, path } = event.requestContext.http;
  console.log(method, path);
  let body;
  try {
    body = bodyOf(event);
  } catch {
    return answer(400, { error: "The body is not JSON." });
  }
  return answer(200, { method, path, query: event.queryStringParameters ?? {}, body });
};

// The request's body, read as JSON; null when there is none.
function bodyOf(event) {
  if (!event.body) return null;
  const text = event.isBase64Encoded ? Buffer.from(event.body, "base64").toString("utf8") : event.body;
  return JSON.parse(text);
}

function answer(statusCode, content) {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(content) };
}
