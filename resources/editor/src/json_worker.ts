// JSON's worker. In test events it reads a variable such as {{now}}, which may stand for a number, as a number of the
// same width, so that positions stay the same. The check before sending does so too.
import { initialize } from "monaco-editor/internal/common/initialize.js";
import { JSONWorker, type Mirror, type WorkerContext } from "monaco-editor/languages/features/json/jsonWorker.js";

// The names are those of workbench/invoke/payload.py. Strings are passed over: what stands in them is text.
const STRING_OR_VARIABLE = /"[^"\\]*(?:\\.[^"\\]*)*"|\{\{[ \t]*(?:uuid|now|now_iso|epoch_ms)[ \t]*\}\}/gs;

const asNumbers = (text: string): string =>
  text.includes("{{") ? text.replace(STRING_OR_VARIABLE, (found) => (found.startsWith("{") ? "1".repeat(found.length) : found)) : text;

const read = (model: Mirror): Mirror =>
  model.uri.toString().startsWith("test-event:") ? { uri: model.uri, version: model.version, getValue: () => asNumbers(model.getValue()) } : model;

self.onmessage = () => {
  initialize((context: WorkerContext, settings: unknown) => new JSONWorker({ getMirrorModels: () => context.getMirrorModels().map(read) }, settings));
};
