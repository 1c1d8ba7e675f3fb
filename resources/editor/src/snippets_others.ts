// Handlers in the languages that Workbench only colours.
import type { Snippet } from "./snippets";

const only = (body: string, about = "A handler: Lambda calls it with the event and a context."): Snippet[] => [{ source: "", about, body }];

export const OTHERS: Record<string, Snippet[]> = {
  ruby: only("def ${1:lambda_handler}(event:, context:)\n  ${0:{ ok: true \\}}\nend\n"),
  java: only(
    `import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.Map;

public class \${1:Handler} implements RequestHandler<Map<String, Object>, Map<String, Object>> {
    @Override
    public Map<String, Object> handleRequest(Map<String, Object> event, Context context) {
        \${0:return Map.of("ok", true);}
    }
}\n`,
    "A handler class; the configured handler is its name, with its package.",
  ),
  go: only(
    `package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/lambda"
)

func handle(ctx context.Context, event json.RawMessage) (map[string]any, error) {
	\${0:return map[string]any{"ok": true\\}, nil}
}

func main() {
	lambda.Start(handle)
}\n`,
    "The whole program of a function on provided.al2023.",
  ),
  csharp: only(
    `using System.Text.Json;
using Amazon.Lambda.Core;

[assembly: LambdaSerializer(typeof(Amazon.Lambda.Serialization.SystemTextJson.DefaultLambdaJsonSerializer))]

namespace \${1:MyFunction};

public class Function
{
    public object FunctionHandler(JsonElement input, ILambdaContext context)
    {
        \${0:return new { Ok = true \\};}
    }
}\n`,
    "A handler class; the configured handler is Assembly::Namespace.Function::FunctionHandler.",
  ),
  rust: only(
    `use lambda_runtime::{run, service_fn, Error, LambdaEvent};
use serde_json::{json, Value};

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    \${0:Ok(json!({ "ok": true, "event": event.payload \\}))}
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}\n`,
    "The whole program of a function on provided.al2023.",
  ),
};
