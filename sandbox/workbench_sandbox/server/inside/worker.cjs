// Runs a Node.js handler against the Lambda Runtime API, in a process of its own.
//
// Owns: finding the handler, its context, and the form of errors and log lines, all as Lambda's own client for
// Node.js makes them. Must not know: the server. One JSON line on standard input says the rest; when the input
// closes, the process and what it started are killed.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html,
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
"use strict";
const fs = require("fs");
const http = require("http");
const path = require("path");
const { Writable } = require("stream");
const util = require("util");
const { Worker } = require("worker_threads");
const { pathToFileURL } = require("url");

const STREAMED = Symbol.for("aws.lambda.runtime.handler.streaming"); // Lambda's own mark of such a handler
const NO_CALLBACKS =
  "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to " +
  "modify this function to use a supported handler signature to use Node.js 24 or later. For more information see " +
  "https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.";
const ENDINGS = ["", ".js", ".mjs", ".cjs"];
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let requestId = "";

function readJob() {
  const blocks = [];
  const block = Buffer.alloc(65536);
  for (;;) {
    const size = fs.readSync(0, block, 0, block.length, null);
    if (size === 0) process.exit(0);
    blocks.push(Buffer.from(block.subarray(0, size)));
    if (block[size - 1] === 10) return JSON.parse(Buffer.concat(blocks).toString());
  }
}

/** A thread: the handler may keep this one busy. */
function endWithTheLauncher() {
  const code = "require('fs').readSync(0, Buffer.alloc(1)); process.kill(-process.pid, 'SIGKILL')";
  new Worker(code, { eval: true }).unref();
}

function call(method, where, body, headers) {
  const api = new URL(`http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/${where}`);
  const options = { host: api.hostname, port: api.port, method, agent, path: api.pathname, headers };
  return new Promise((resolve, reject) => {
    const request = http.request(options, (answer) => {
      const blocks = [];
      answer.on("data", (each) => blocks.push(each));
      answer.on("end", () => resolve({ headers: answer.headers, body: Buffer.concat(blocks), status: answer.statusCode }));
      answer.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** One message, whatever lines it has: framed as Lambda's clients do. */
function writeLog(text) {
  const message = Buffer.from(text);
  const head = Buffer.alloc(16);
  head.writeUInt32BE(0xa55a0003, 0);
  head.writeUInt32BE(message.length, 4);
  head.writeBigUInt64BE(BigInt(Date.now()) * 1000n, 8);
  const whole = Buffer.concat([head, message]);
  for (let at = 0; at < whole.length; ) {
    try {
      at += fs.writeSync(1, whole, at);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

function patchConsole() {
  const levels = { log: "INFO", info: "INFO", debug: "DEBUG", warn: "WARN", error: "ERROR", trace: "TRACE" };
  for (const [name, level] of Object.entries(levels)) {
    console[name] = (...words) => {
      writeLog(`${new Date().toISOString()}\t${requestId || "undefined"}\t${level}\t${util.format(...words)}\n`);
    };
  }
}

function isError(value) {
  const parts = [value?.name, value?.message, value?.stack];
  return util.types.isNativeError(value) || parts.every((each) => typeof each === "string" && each);
}

function describe(error) {
  if (!isError(error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  return { errorType: error.name, errorMessage: error.message, trace: String(error.stack || "").split("\n") };
}

/** For the log: with what the error carries besides. */
function described(error) {
  const { errorType, errorMessage, trace } = describe(error);
  const more = util.types.isNativeError(error) ? error : {};
  return JSON.stringify({ errorType, errorMessage, ...more, stack: trace });
}

function named(type, message, cause) {
  const error = new Error(message);
  error.name = type;
  error.stack = [`${type}: ${message}`, ...String(cause?.stack || error.stack).split("\n").slice(1)].join("\n");
  return error;
}

async function loadModule(file) {
  try {
    return require(file);
  } catch (error) {
    if (error.code !== "ERR_REQUIRE_ESM" && error.code !== "ERR_REQUIRE_ASYNC_MODULE") throw error;
    return import(pathToFileURL(file));
  }
}

/** Whether the function's runtime is of a version, or newer: not whether this Node.js is. */
function isSince(version) {
  return Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? "")?.[1] ?? 0) >= version;
}

async function importHandler(root, folder, module) {
  const place = path.resolve(root, folder, module);
  const file = ENDINGS.map((ending) => place + ending).find((each) => fs.existsSync(each) && fs.statSync(each).isFile());
  if (file?.endsWith(".mjs")) return import(pathToFileURL(file));
  return loadModule(file ?? require.resolve(module, { paths: [root, path.join(root, folder)] }));
}

async function loadHandler(root, handler) {
  if (handler.includes("..")) {
    const advice = "Use absolute paths when specifying root directories in handler names.";
    throw named("Runtime.MalformedHandlerName", `'${handler}' is not a valid handler name. ${advice}`);
  }
  const name = path.basename(handler);
  const [module, ...exported] = name.split(".");
  if (exported.length === 0) throw named("Runtime.MalformedHandlerName", "Bad handler");
  let found;
  try {
    found = await importHandler(root, path.dirname(handler), module);
  } catch (error) {
    if (error instanceof SyntaxError) throw named("Runtime.UserCodeSyntaxError", String(error), error);
    if (error?.code !== "MODULE_NOT_FOUND") throw error;
    const message = String(error).replaceAll(__filename, "/var/runtime/index.mjs");
    throw named("Runtime.ImportModuleError", message, error);
  }
  const at = (from) => exported.reduce((inside, each) => inside?.[each], from);
  const called = at(found) || (isSince(24) ? at(found?.default) : undefined);
  if (!called) throw named("Runtime.HandlerNotFound", `${handler} is undefined or not exported`);
  if (typeof called !== "function") throw named("Runtime.HandlerNotFound", `${handler} is not a function`);
  if (isSince(24) && called.length >= 3 && !(STREAMED in called)) throw named("Runtime.CallbackHandlerDeprecated", NO_CALLBACKS);
  return called;
}

function makeContext(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const parsed = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed("lambda-runtime-client-context"),
    identity: parsed("lambda-runtime-cognito-identity"),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

/** The answer: of a promise, of the callback, or nothing once nothing is left to do. */
function run(handler, event, context) {
  return new Promise((resolve, reject) => {
    let answer = null;
    let isCalled = false;
    const drained = () => resolve(answer);
    const callback = (error, result) => {
      if (error !== null && error !== undefined) return reject(error);
      if (isCalled) return;
      [isCalled, answer] = [true, result];
      if (!context.callbackWaitsForEmptyEventLoop) resolve(result);
    };
    context.done = callback;
    context.succeed = (result) => resolve(result);
    context.fail = (error) => reject(error ?? "handled");
    process.once("beforeExit", drained);
    const returned = handler(event, context, callback);
    if (returned !== null && typeof returned?.then === "function") returned.then(resolve, reject);
  }).finally(() => process.removeAllListeners("beforeExit"));
}

/** The answer of a handler that streams it: here its pieces are sent together, at its end. */
class Answer extends Writable {
  blocks = [];
  contentType = "application/octet-stream";
  setContentType(type) {
    this.contentType = type;
  }
  _write(block, _encoding, done) {
    this.blocks.push(block);
    done();
  }
}

/** What Lambda's Node.js has for handlers that stream.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html */
function provideStreaming() {
  const from = (stream, prelude) => {
    stream.setContentType("application/vnd.awslambda.http-integration-response");
    stream.write(JSON.stringify(prelude ?? {}));
    stream.write(Buffer.alloc(8));
    return stream;
  };
  const streamifyResponse = (handler) => Object.assign(handler, { [STREAMED]: "response" });
  globalThis.awslambda = { streamifyResponse, HttpResponseStream: { from } };
}

async function stream(handler, event, context) {
  const answer = new Answer();
  const ended = new Promise((resolve, reject) => answer.once("finish", resolve).once("error", reject));
  ended.catch(() => {}); // the handler may see the same error first
  await handler(event, answer, context);
  await ended;
  return answer;
}

async function serve(handler) {
  for (;;) {
    const { headers, body } = await call("GET", "invocation/next");
    requestId = headers["lambda-runtime-aws-request-id"];
    process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] ?? "";
    try {
      const way = STREAMED in handler ? stream : run;
      const answer = await way(handler, JSON.parse(body.toString()), makeContext(headers));
      const isStreamed = answer instanceof Answer;
      const content = isStreamed ? Buffer.concat(answer.blocks) : JSON.stringify(answer === undefined ? null : answer);
      const type = isStreamed ? answer.contentType : "application/json";
      await call("POST", `invocation/${requestId}/response`, content, { "Content-Type": type });
    } catch (error) {
      console.error("Invoke Error", `\t${described(error)}`);
      await fail(`invocation/${requestId}/error`, error);
    }
  }
}

function fail(where, error) {
  const about = describe(error);
  const headers = { "Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": about.errorType };
  return call("POST", where, JSON.stringify(about), headers);
}

async function main() {
  const job = readJob();
  endWithTheLauncher();
  process.chdir(job.directory);
  patchConsole();
  provideStreaming();
  const giveUp = (type) => async (reason) => {
    const error = type ? named(type, String(reason), reason) : reason;
    console.error(type ? "Unhandled Promise Rejection" : "Uncaught Exception", `\t${described(error)}`);
    await fail(requestId ? `invocation/${requestId}/error` : "init/error", error);
    process.exit(type ? 128 : 129);
  };
  process.on("uncaughtException", giveUp(""));
  process.on("unhandledRejection", giveUp("Runtime.UnhandledPromiseRejection"));
  let handler;
  try {
    handler = await loadHandler(job.directory, process.env._HANDLER);
  } catch (error) {
    console.error("Uncaught Exception", `\t${described(error)}`);
    await fail("init/error", error);
    process.exit(129);
  }
  await serve(handler);
}

void main();
