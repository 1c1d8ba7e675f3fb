// Handlers to begin with, by language and event source: offered at the start of a line when "handler", "lambda" or the
// name of the source is typed.
import { Range, languages, type editor } from "monaco-editor/editor.js";
import { OTHERS } from "./snippets_others";
import { PYTHON } from "./snippets_python";
import { SCRIPT } from "./snippets_script";

export interface Snippet {
  /** What the list shows after "handler: "; "" for the plain one. */
  source: string;
  /** More words that lead to it. */
  words?: string;
  about: string;
  /** With Monaco's placeholders. */
  body: string;
  /** Lines that must stand at the top of the file. */
  imports?: string[];
}

const BY_LANGUAGE: Record<string, Snippet[]> = { python: PYTHON, javascript: SCRIPT, typescript: SCRIPT, ...OTHERS };

export function registerSnippets(): void {
  for (const [language, snippets] of Object.entries(BY_LANGUAGE)) {
    languages.registerCompletionItemProvider(language, {
      provideCompletionItems(model, position) {
        const { startColumn, endColumn } = model.getWordUntilPosition(position);
        const line = position.lineNumber;
        const before = model.getValueInRange(new Range(line, 1, line, startColumn));
        if (before.trim() !== "") return null; // in the middle of a line nobody begins a handler
        const word = new Range(line, startColumn, line, endColumn);
        const typed = model.getValueInRange(word);
        // Asked again with every key: what is typed decides by which of its words a snippet is found.
        return { suggestions: snippets.map((snippet) => suggestion(model, snippet, word, typed)), incomplete: true };
      },
    });
  }
}

function suggestion(model: editor.ITextModel, { source, words, about, body, imports }: Snippet, range: Range, typed: string): languages.CompletionItem {
  const names = ["handler", "lambda", ...`${source} ${words ?? ""}`.toLowerCase().split(" ")];
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

/** The number of lines that comments and a docstring take at the top of a Python file. */
function endOfHead(lines: string[]): number {
  let at = 0;
  while (at < lines.length && /^(#.*|\s*)$/.test(lines[at]!) && lines[at] !== "") at += 1;
  const quotes = /^(?:[rRuU]?)("""|''')/.exec(lines[at] ?? "")?.[1];
  if (quotes === undefined) return at;
  if (lines[at]!.split(quotes).length > 2) return at + 1;
  const end = lines.findIndex((line, number) => number > at && line.includes(quotes));
  return end < 0 ? at : end + 1;
}
