// Handlers to begin with, by language and event source: offered at the start of a line when "handler", "lambda" or the
// name of the source is typed.
import { Range, languages, type editor } from "monaco-editor/editor.js";
import { _ } from "./messages";

interface Snippet {
  /** What the list shows after "handler: "; "" for the plain one. */
  source: string;
  /** By which it is found too. */
  keywords?: string;
  about: string;
  /** With Monaco's placeholders. */
  body: string;
  /** Lines that must stand at the top of the file. */
  imports?: string[];
}

const DEF = "def ${1:lambda_handler}(event, context):\n";

const PYTHON: Snippet[] = [
  { source: "", about: _("A handler: Lambda calls it with the event and a context."), body: `${DEF}    \${0:return {"ok": True\\}}\n` },
  {
    source: "HTTP",
    keywords: "url api gateway",
    about: _("Responds to a function URL or an HTTP API (payload 2.0)."),
    imports: ["import json"],
    body: `${DEF}    query = event.get("queryStringParameters") or {\\}
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"\\},
        "body": json.dumps(\${0:{"query": query\\}}),
    \\}\n`,
  },
  {
    source: "S3",
    keywords: "bucket object",
    about: _("Processes objects of a bucket. Keys are URL-encoded."),
    imports: ["from urllib.parse import unquote_plus"],
    body: `${DEF}    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        key = unquote_plus(record["s3"]["object"]["key"])
        \${0:print(bucket, key)}\n`,
  },
  {
    source: "SQS",
    keywords: "queue message",
    about: _("Processes messages of a queue; only failed messages are delivered again (ReportBatchItemFailures)."),
    imports: ["import logging"],
    body: `${DEF}    failures = []
    for record in event["Records"]:
        try:
            \${0:print(record["body"])}
        except Exception:
            logging.exception("message %s failed", record["messageId"])
            failures.append({"itemIdentifier": record["messageId"]\\})
    return {"batchItemFailures": failures\\}\n`,
  },
  {
    source: "SNS",
    keywords: "topic notification",
    about: _("Processes notifications of a topic."),
    body: `${DEF}    for record in event["Records"]:
        message = record["Sns"]["Message"]
        \${0:print(message)}\n`,
  },
  {
    source: "DynamoDB",
    keywords: "stream table",
    about: _("Processes changes of a table, read from its stream."),
    body: `${DEF}    for record in event["Records"]:
        change = record["dynamodb"]
        \${0:print(record["eventName"], change["Keys"], change.get("NewImage"))}\n`,
  },
  {
    source: "Kinesis",
    keywords: "stream data",
    about: _("Processes records of a data stream."),
    imports: ["import base64"],
    body: `${DEF}    for record in event["Records"]:
        data = base64.b64decode(record["kinesis"]["data"])
        \${0:print(data)}\n`,
  },
  {
    source: "EventBridge",
    keywords: "schedule rule cron",
    about: _("Runs on a schedule, or when a rule of an event bus matches."),
    body: `${DEF}    \${0:print(event["detail-type"], event["time"], event["detail"])}\n`,
  },
];

const EXPORT = "export const ${1:handler} = async (event) => {\n";

const SCRIPT: Snippet[] = [
  { source: "", about: _("A handler: Lambda calls it with the event and a context."), body: `${EXPORT.replace("(event)", "(event, context)")}  \${0:return { ok: true \\};}\n};\n` },
  {
    source: "HTTP",
    keywords: "url api gateway",
    about: _("Responds to a function URL or an HTTP API (payload 2.0)."),
    body: `${EXPORT}  const query = event.queryStringParameters ?? {};
  return {
    statusCode: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(\${0:{ query \\}}),
  };
};\n`,
  },
  {
    source: "S3",
    keywords: "bucket object",
    about: _("Processes objects of a bucket. Keys are URL-encoded."),
    body: `${EXPORT}  for (const { s3 } of event.Records) {
    const key = decodeURIComponent(s3.object.key.replaceAll("+", " "));
    \${0:console.log(s3.bucket.name, key);}
  }
};\n`,
  },
  {
    source: "SQS",
    keywords: "queue message",
    about: _("Processes messages of a queue; only failed messages are delivered again (ReportBatchItemFailures)."),
    body: `${EXPORT}  const batchItemFailures = [];
  for (const { messageId, body } of event.Records) {
    try {
      \${0:console.log(body);}
    } catch (error) {
      console.error(error);
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
};\n`,
  },
  {
    source: "SNS",
    keywords: "topic notification",
    about: _("Processes notifications of a topic."),
    body: `${EXPORT}  for (const { Sns } of event.Records) {
    \${0:console.log(Sns.Message);}
  }
};\n`,
  },
  {
    source: "DynamoDB",
    keywords: "stream table",
    about: _("Processes changes of a table, read from its stream."),
    body: `${EXPORT}  for (const { eventName, dynamodb } of event.Records) {
    \${0:console.log(eventName, dynamodb.Keys, dynamodb.NewImage);}
  }
};\n`,
  },
  {
    source: "Kinesis",
    keywords: "stream data",
    about: _("Processes records of a data stream."),
    body: `${EXPORT}  for (const { kinesis } of event.Records) {
    const data = Buffer.from(kinesis.data, "base64").toString();
    \${0:console.log(data);}
  }
};\n`,
  },
  {
    source: "EventBridge",
    keywords: "schedule rule cron",
    about: _("Runs on a schedule, or when a rule of an event bus matches."),
    body: `${EXPORT}  \${0:console.log(event["detail-type"], event.time, event.detail);}\n};\n`,
  },
];

const only = (body: string, about = _("A handler: Lambda calls it with the event and a context.")): Snippet[] => [{ source: "", about, body }];

const OTHERS: Record<string, Snippet[]> = {
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
    _("A handler class; the configured handler is its name, with its package."),
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
    _("The whole program of a function on provided.al2023."),
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
    _("A handler class; the configured handler is Assembly::Namespace.Function::FunctionHandler."),
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
    _("The whole program of a function on provided.al2023."),
  ),
};

const BY_LANGUAGE: Record<string, Snippet[]> = { python: PYTHON, javascript: SCRIPT, typescript: SCRIPT, ...OTHERS };

export function registerSnippets(): void {
  for (const [language, snippets] of Object.entries(BY_LANGUAGE)) {
    languages.registerCompletionItemProvider(language, {
      provideCompletionItems(model, position) {
        const { startColumn, endColumn } = model.getWordUntilPosition(position);
        const line = position.lineNumber;
        const before = model.getValueInRange(new Range(line, 1, line, startColumn));
        if (before.trim() !== "") return null; // a handler begins a line
        const word = new Range(line, startColumn, line, endColumn);
        const typed = model.getValueInRange(word);
        // Requested again with every key: what is typed decides which keyword finds a snippet.
        return { suggestions: snippets.map((snippet) => suggestion(model, snippet, word, typed)), incomplete: true };
      },
    });
  }
}

function suggestion(model: editor.ITextModel, { source, keywords, about, body, imports }: Snippet, range: Range, typed: string): languages.CompletionItem {
  const names = ["handler", "lambda", ...`${source} ${keywords ?? ""}`.toLowerCase().split(" ")];
  const isCommon = ["javascript", "typescript"].includes(model.getLanguageId()) && usesRequire(model);
  return {
    label: { label: source === "" ? "handler" : `handler: ${source}`, description: "Lambda" },
    kind: languages.CompletionItemKind.Snippet,
    // A whole word, so that it stands above what only begins with it: ty offers every name of every package.
    filterText: names.find((name) => name.startsWith(typed.toLowerCase())) ?? "handler",
    sortText: `~${source}`, // below what the file itself has of that name
    documentation: { value: `${about}\n\`\`\`${model.getLanguageId()}\n${body.replace(/\$\{\d+:((?:[^}\\]|\\.)*)\}|\$\d/g, "$1").replace(/\\(.)/g, "$1")}\n\`\`\`` },
    insertText: isCommon ? body.replace(/^export const (\S+) =/, "exports.$1 =") : body,
    insertTextRules: languages.CompletionItemInsertTextRule.InsertAsSnippet,
    range,
    additionalTextEdits: missing(model, imports ?? []),
  };
}

/** Whether a script exports in CommonJS's way: Lambda loads a .js file so unless its package says otherwise. */
function usesRequire(model: editor.ITextModel): boolean {
  const { path } = model.uri;
  if (/\.([cm])[jt]s$/.test(path)) return /\.c[jt]s$/.test(path);
  if (/\.tsx?$/.test(path)) return false;
  return !/^(import|export)\b/m.test(model.getValue());
}

/** The edit that adds the imports which a file lacks: above its first one, or below what is said at its top. */
function missing(model: editor.ITextModel, imports: string[]): languages.TextEdit[] {
  const lines = model.getLinesContent();
  const lacking = imports.filter((line) => !lines.includes(line));
  if (lacking.length === 0) return [];
  let at = lines.findIndex((line) => /^(import|from)\b/.test(line));
  let gap = "";
  if (at < 0) {
    at = endOfHead(lines);
    gap = "\n\n";
  }
  return [{ range: new Range(at + 1, 1, at + 1, 1), text: `${lacking.join("\n")}\n${gap}` }];
}

/** The number of lines of comments and a docstring at the top of a Python file. */
function endOfHead(lines: string[]): number {
  let at = 0;
  while (at < lines.length && /^(#.*|\s*)$/.test(lines[at]!) && lines[at] !== "") at += 1;
  const quotes = /^(?:[rRuU]?)("""|''')/.exec(lines[at] ?? "")?.[1];
  if (quotes === undefined) return at;
  if (lines[at]!.split(quotes).length > 2) return at + 1;
  const end = lines.findIndex((line, number) => number > at && line.includes(quotes));
  return end < 0 ? at : end + 1;
}
