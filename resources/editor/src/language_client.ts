// Keeps the language servers' idea of the open Python documents up to date, and asks them what the user wants to know.
// They are reached by QWebChannel's object `language` (workbench/ui/editor/language_bridge.py).
import { Range as MonacoRange, Uri, editor, languages, type CancellationToken, type IDisposable, type IMarkdownString, type IPosition } from "monaco-editor/editor.js";
import type { Document } from "./documents";
import {
  editsByUri, fromCompletion, fromEdit, fromLocation, fromMarkup, fromRange, fromSymbol, toPosition, toRange,
  type CodeAction, type CompletionItem, type DocumentSymbol, type Location, type Markup, type Range, type Signature, type TextEdit,
  type WorkspaceEdit,
} from "./language_protocol";
import { _ } from "./messages";
import { Pause } from "./pause";
import { LARGE_LENGTH } from "./protocol";

const PYTHON = "python";
// Servers compute for as long as a frame takes, or much longer, after each change.
const QUIET_MS = 120;
const MAX_WAIT_MS = 500;
// For long files they compute for seconds: fewer notifications hold up fewer keys.
const LONG_LINES = 20_000;
const LONG_QUIET_MS = 400;
const LONG_MAX_WAIT_MS = 3_000;
const MARK_AFTER_MS = 200;

type Model = editor.ITextModel;
/** Code actions of Workbench itself; also for languages that it starts no server for. */
const COMMAND = "workbench.command";
const MAX_LINE = 1_000;
const CODE_ACTION_LANGUAGES = ["javascript", "typescript", "ruby"];

type Completions = CompletionItem[] | { items: CompletionItem[]; isIncomplete: boolean };

interface Signal<Arguments extends unknown[]> {
  connect(handler: (...values: Arguments) => void): void;
}

/** The object as QWebChannel gives it. Everything that is not a plain value travels as JSON. */
export interface Language {
  started: Signal<[server: string]>;
  answered: Signal<[id: number, result: string]>;
  refused: Signal<[id: number, reason: string]>;
  handler_named: Signal<[uri: string, name: string]>;
  format_wanted: Signal<[id: number]>;
  ask(id: number, method: string, params: string): void;
  notify(server: string, method: string, params: string): void;
  cancel(id: number): void;
  navigate(uri: string, line: number, column: number): void;
  edit(edits: string): void;
  notify_formatted(id: number): void;
}

class Link {
  /** Runs before each request: the servers need what was typed first. */
  beforeQuestions: () => void = () => {};
  private lastId = 0;
  private readonly waiting = new Map<number, (result: unknown) => void>();

  constructor(private readonly remote: Language) {
    remote.answered.connect((id, result) => this.settle(id, JSON.parse(result)));
    remote.refused.connect((id) => this.settle(id, null));
  }

  onStarted(handler: (server: string) => void): void {
    this.remote.started.connect(handler);
  }

  onHandlerNamed(handler: (uri: string, name: string) => void): void {
    this.remote.handler_named.connect(handler);
  }

  /** Formats when Python asks for it, and says when that is done. */
  onFormatWanted(format: () => Promise<void>): void {
    this.remote.format_wanted.connect((id) => void format().finally(() => this.remote.notify_formatted(id)));
  }

  /** The result; null when there is none, whatever the reason. */
  ask<Result>(method: string, params: object, token?: CancellationToken): Promise<Result | null> {
    this.beforeQuestions();
    const id = ++this.lastId;
    return new Promise((resolve) => {
      const cancelling = token?.onCancellationRequested(() => {
        this.remote.cancel(id);
        this.settle(id, null);
      });
      this.waiting.set(id, (result) => {
        cancelling?.dispose();
        resolve(result as Result | null);
      });
      this.remote.ask(id, method, JSON.stringify(params));
    });
  }

  /** Notifies one server, or all of them (""). */
  notify(server: string, method: string, params: object): void {
    this.remote.notify(server, method, JSON.stringify(params));
  }

  /** Opens another document there. Line and column from 1. */
  navigate(uri: string, line: number, column: number): void {
    this.remote.navigate(uri, line, column);
  }

  /** Documents that are not open here are to be changed. */
  edit(edits: object): void {
    this.remote.edit(JSON.stringify(edits));
  }

  private settle(id: number, result: unknown): void {
    const resolve = this.waiting.get(id);
    this.waiting.delete(id);
    resolve?.(result);
  }
}

interface Synced {
  document: Document;
  version: number;
  listener: IDisposable;
  /** In order, each of the text after the one before; as the protocol wants them. */
  unsent: object[];
}

export class LanguageClient {
  private readonly link: Link;
  private readonly synced = new Map<string, Synced>();
  /** Models of files that are not open, to show references in them. */
  private readonly borrowed = new Map<string, editor.ITextModel>();

  private readonly pause = new Pause(() => this.sendChanges());
  private readonly handlerMark = new HandlerMark();

  constructor(remote: Language) {
    this.link = new Link(remote);
    this.link.beforeQuestions = () => this.pause.end();
    this.link.onHandlerNamed((uri, name) => this.handlerMark.show(uri, name));
    this.link.onStarted((server) => {
      this.pause.end();
      for (const synced of this.synced.values()) this.sendOpen(synced, server);
    });
    registerProviders(PYTHON, this.link, this);
    editor.createModel("", PYTHON).dispose(); // loads Python's indentation rules before the first key
  }

  /** Takes an editor that shows documents. */
  attach(view: editor.IStandaloneCodeEditor): void {
    view.updateOptions({
      acceptSuggestionOnEnter: "smart", // what is typed to its end already needs no acceptance
      glyphMargin: true, // for the handler's mark, and for the light bulb
      lineNumbersMinChars: 4,
    });
  }

  /** Calls back when a server has all documents. */
  whenStarted(handler: () => void): void {
    this.link.onStarted(handler);
  }

  /** Documents that are not open are to be changed. */
  edit(edits: object): void {
    this.link.edit(edits);
  }

  /** Sets what formats the visible document when Python asks for it. */
  formatWith(format: () => Promise<void>): void {
    this.link.onFormatWanted(format);
  }

  open(document: Document): void {
    const { model } = document;
    this.handlerMark.opened(document.uri);
    if (model.getLanguageId() !== PYTHON || model.uri.scheme !== "file" || model.getValueLength() > LARGE_LENGTH) return;
    const listener = model.onDidChangeContent((event) => this.changed(synced, event));
    const synced: Synced = { document, version: 1, listener, unsent: [] };
    this.synced.set(document.uri, synced);
    this.sendOpen(synced, "");
  }

  close(document: Document): void {
    const synced = this.synced.get(document.uri);
    if (synced === undefined) return;
    this.pause.end();
    synced.listener.dispose();
    this.synced.delete(document.uri);
    this.link.notify("", "textDocument/didClose", { textDocument: { uri: document.uri } });
  }

  /** Python's name of a model's document; the two escape differently. */
  uriOf(model: editor.ITextModel): string {
    for (const { document } of this.synced.values()) if (document.model === model) return document.uri;
    return model.uri.toString();
  }

  /** The open document that a server names, if it is open. */
  documentAt(uri: string): Document | undefined {
    const named = Uri.parse(uri).toString();
    for (const { document } of this.synced.values()) if (document.model.uri.toString() === named) return document;
    return undefined;
  }

  /** Sees to it that there is a model for each of these. */
  async borrow(uris: Iterable<string>): Promise<void> {
    const missing = [...new Set(uris)].filter((uri) => editor.getModel(Uri.parse(uri)) === null);
    if (missing.length === 0) return;
    const texts = await this.link.ask<Record<string, string>>("workbench/texts", { uris: missing });
    for (const [uri, text] of Object.entries(texts ?? {})) {
      const named = Uri.parse(uri);
      if (editor.getModel(named) === null) this.borrowed.set(named.toString(), editor.createModel(text, PYTHON, named));
    }
  }

  /** Makes room for a document that is about to be opened. */
  release(uri: string): void {
    const named = Uri.parse(uri).toString();
    this.borrowed.get(named)?.dispose();
    this.borrowed.delete(named);
  }

  private sendOpen({ document, version }: Synced, server: string): void {
    const text = document.model.getValue();
    this.link.notify(server, "textDocument/didOpen", { textDocument: { uri: document.uri, languageId: PYTHON, version, text } });
  }

  private changed(synced: Synced, event: editor.IModelContentChangedEvent): void {
    // Monaco's ranges are all those of the text before; it names the last one first, so none moves another.
    const contentChanges = event.isFlush
      ? [{ text: synced.document.model.getValue() }]
      : event.changes.map((change) => ({ range: toRange(change.range), text: change.text }));
    synced.unsent.push(...contentChanges);
    if (synced.document.model.getLineCount() < LONG_LINES) this.pause.typed(QUIET_MS, MAX_WAIT_MS);
    else this.pause.typed(LONG_QUIET_MS, LONG_MAX_WAIT_MS);
  }

  /** Sends the servers the changes that they do not have yet. */
  flush(): void {
    this.pause.end();
  }

  private sendChanges(): void {
    for (const synced of this.synced.values()) {
      if (synced.unsent.length === 0) continue;
      synced.version += 1;
      this.link.notify("", "textDocument/didChange", {
        textDocument: { uri: synced.document.uri, version: synced.version },
        contentChanges: synced.unsent,
      });
      synced.unsent = [];
    }
  }
}

/** What Monaco asks for, answered by the language servers. */
function registerProviders(language: string, link: Link, client: LanguageClient): void {
  const document = (model: Model) => ({ textDocument: { uri: client.uriOf(model) } });
  const at = (model: Model, position: IPosition) => ({ ...document(model), position: toPosition(position) });

  languages.registerCompletionItemProvider(language, {
    triggerCharacters: [".", '"', "'"],
    async provideCompletionItems(model, position, context, token) {
      const { startColumn, endColumn } = model.getWordUntilPosition(position);
      const line = position.lineNumber;
      const afterDot = model.getValueInRange(new MonacoRange(line, startColumn - 1, line, startColumn)) === ".";
      const about = { triggerKind: context.triggerKind + 1, triggerCharacter: context.triggerCharacter };
      let result: Completions | null = null;
      let version = 0;
      // Typing on cancels a request, so ask again at the end of the word as it is by then.
      do {
        version = model.getVersionId();
        const column = Math.max(position.column, model.getWordAtPosition({ lineNumber: line, column: startColumn })?.endColumn ?? 0);
        result = await link.ask<Completions>("textDocument/completion", { ...at(model, { lineNumber: line, column }), context: about }, token);
      } while (result === null && !token.isCancellationRequested && !model.isDisposed() && model.getVersionId() !== version);
      if (result === null) return null;
      const [items, incomplete] = Array.isArray(result) ? [result, false] : [result.items, result.isIncomplete];
      const word = new MonacoRange(line, startColumn, line, endColumn);
      // Of an object all attributes are listed, whatever was typed of them, so typing on only narrows the list.
      return { suggestions: items.map((item) => fromCompletion(item, word)), incomplete: incomplete && !afterDot };
    },
  });

  languages.registerHoverProvider(language, {
    async provideHover(model, position, token) {
      const result = await link.ask<{ contents: Markup | Markup[]; range?: Range }>("textDocument/hover", at(model, position), token);
      if (result === null) return null;
      const contents = [result.contents].flat().map(fromMarkup) as IMarkdownString[];
      return { contents, range: result.range && fromRange(result.range) };
    },
  });

  languages.registerSignatureHelpProvider(language, {
    signatureHelpTriggerCharacters: ["(", ","],
    signatureHelpRetriggerCharacters: [")"],
    async provideSignatureHelp(model, position, token) {
      const result = await link.ask<{ signatures: Signature[]; activeSignature?: number; activeParameter?: number }>(
        "textDocument/signatureHelp", at(model, position), token);
      if (result === null || result.signatures.length === 0) return null;
      const signatures = result.signatures.map((signature) => ({
        label: signature.label,
        documentation: fromMarkup(signature.documentation),
        parameters: (signature.parameters ?? []).map(({ label, documentation }) => ({ label, documentation: fromMarkup(documentation) })),
        activeParameter: signature.activeParameter,
      }));
      const value = { signatures, activeSignature: result.activeSignature ?? 0, activeParameter: result.activeParameter ?? 0 };
      return { value, dispose: () => undefined };
    },
  });

  languages.registerDefinitionProvider(language, {
    async provideDefinition(model, position, token) {
      return locations(client, await link.ask<Location | Location[]>("textDocument/definition", at(model, position), token));
    },
  });

  languages.registerReferenceProvider(language, {
    async provideReferences(model, position, context, token) {
      const asked = { ...at(model, position), context };
      return locations(client, await link.ask<Location[]>("textDocument/references", asked, token));
    },
  });

  languages.registerDocumentHighlightProvider(language, {
    async provideDocumentHighlights(model, position, token) {
      const result = await link.ask<{ range: Range; kind?: number }[]>("textDocument/documentHighlight", at(model, position), token);
      return result?.map(({ range, kind }) => ({ range: fromRange(range), kind: (kind ?? 1) - 1 }));
    },
  });

  languages.registerDocumentSymbolProvider(language, {
    async provideDocumentSymbols(model, token) {
      return (await link.ask<DocumentSymbol[]>("textDocument/documentSymbol", document(model), token))?.map(fromSymbol);
    },
  });

  languages.registerRenameProvider(language, {
    async resolveRenameLocation(model, position, token) {
      const range = await link.ask<Range>("textDocument/prepareRename", at(model, position), token);
      if (range === null) return { range: MonacoRange.fromPositions(position), text: "", rejectReason: _("This cannot be renamed.") };
      return { range: fromRange(range), text: model.getValueInRange(fromRange(range)) };
    },
    async provideRenameEdits(model, position, newName, token) {
      const result = await link.ask<WorkspaceEdit>("textDocument/rename", { ...at(model, position), newName }, token);
      if (result === null) return { edits: [], rejectReason: _("This cannot be renamed.") };
      return splitEdits(client, link, result);
    },
  });

  languages.registerDocumentFormattingEditProvider(language, {
    displayName: "Ruff",
    async provideDocumentFormattingEdits(model, options, token) {
      return (await link.ask<TextEdit[]>("textDocument/formatting", { ...document(model), options }, token))?.map(fromEdit);
    },
  });

  languages.registerDocumentRangeFormattingEditProvider(language, {
    displayName: "Ruff",
    async provideDocumentRangeFormattingEdits(model, range, options, token) {
      const asked = { ...document(model), range: toRange(range), options };
      return (await link.ask<TextEdit[]>("textDocument/rangeFormatting", asked, token))?.map(fromEdit);
    },
  });

  const asked = new WeakMap<languages.CodeAction, CodeAction>();
  const setEdit = (action: languages.CodeAction, edit: WorkspaceEdit | undefined): void => {
    if (edit !== undefined) action.edit = openEdits(client, edit);
  };
  editor.registerCommand(COMMAND, (_accessor, command: object) => void link.ask("workbench/command", command));
  const actions: languages.CodeActionProvider = {
    async provideCodeActions(model, range, context, token) {
      const line = model.getLineContent(range.startLineNumber).slice(0, MAX_LINE);
      const about = { only: context.only && [context.only], triggerKind: context.trigger };
      const params = { ...document(model), range: toRange(range), context: about, line };
      const result = await link.ask<CodeAction[]>("textDocument/codeAction", params, token);
      const offered = (result ?? []).map((found) => {
        const action: languages.CodeAction = { title: found.title, kind: found.kind, isPreferred: found.isPreferred };
        setEdit(action, found.edit);
        if (found.command?.command.startsWith("workbench.")) {
          action.command = { id: COMMAND, title: found.title, arguments: [found.command] };
        }
        asked.set(action, found);
        return action;
      });
      return { actions: offered, dispose: () => undefined };
    },
    async resolveCodeAction(action, token) {
      const found = asked.get(action);
      const complete = found === undefined || action.edit !== undefined || action.command !== undefined;
      if (!complete) setEdit(action, (await link.ask<CodeAction>("codeAction/resolve", found, token))?.edit);
      return action;
    },
  };
  for (const each of [language, ...CODE_ACTION_LANGUAGES]) languages.registerCodeActionProvider(each, actions);

  editor.registerEditorOpener({
    openCodeEditor(source, resource, selection) {
      if (source.getModel()?.uri.toString() === resource.toString()) return false;
      const line = selection && ("startLineNumber" in selection ? selection.startLineNumber : selection.lineNumber);
      const column = selection && ("startColumn" in selection ? selection.startColumn : selection.column);
      link.navigate(client.documentAt(resource.toString())?.uri ?? resource.toString(), line ?? 1, column ?? 1);
      return true;
    },
  });
}

/** Monaco shows a location only when there is a model. */
async function locations(client: LanguageClient, found: Location | Location[] | null): Promise<languages.Location[]> {
  const all = found === null ? [] : [found].flat();
  await client.borrow(all.map(({ uri }) => uri));
  return all.map(fromLocation).filter(({ uri }) => editor.getModel(uri) !== null);
}

/** The edits of open documents, which Monaco makes. */
function openEdits(client: LanguageClient, edit: WorkspaceEdit): languages.WorkspaceEdit & languages.Rejection {
  const edits: languages.IWorkspaceTextEdit[] = [];
  for (const [uri, changes] of editsByUri(edit)) {
    const open = client.documentAt(uri);
    if (open !== undefined) for (const change of changes) edits.push({ resource: open.model.uri, textEdit: fromEdit(change), versionId: undefined });
  }
  return { edits };
}

/** The same; the edits of other files go to Python, which opens them. */
function splitEdits(client: LanguageClient, link: Link, edit: WorkspaceEdit): languages.WorkspaceEdit & languages.Rejection {
  const others: Record<string, object[]> = {};
  for (const [uri, changes] of editsByUri(edit)) {
    if (client.documentAt(uri) !== undefined) continue;
    others[uri] = changes.map(({ range: { start, end }, newText }) => ({
      line: start.line + 1, column: start.character + 1, end_line: end.line + 1, end_column: end.character + 1, text: newText,
    }));
  }
  if (Object.keys(others).length > 0) link.edit(others);
  return openEdits(client, edit);
}

/** Language -> what the line that makes a function of this name begins with. Other languages have no mark. */
const SCRIPT = (name: string) =>
  `^(?:export[ \\t]+(?:async[ \\t]+)?(?:function|const|let|var)[ \\t]+|(?:module\\.)?exports\\.)${name}\\b`;
const PATTERNS: Record<string, (name: string) => string> = {
  python: (name) => `^(?:async[ \\t]+)?(?:def|class)[ \\t]+${name}\\b|^${name}[ \\t]*=(?!=)`,
  javascript: SCRIPT,
  typescript: SCRIPT,
  ruby: (name) => `^[ \\t]*def[ \\t]+(?:self\\.)?${name}\\b`,
};

/** The mark beside the function that Lambda calls. */
class HandlerMark {
  private uri = "";
  private name = "";
  private marked: { model: editor.ITextModel; ids: string[] } | null = null;
  private timer = 0;
  private following: IDisposable | null = null;

  /** The handler is this function of this document; "" for none. */
  show(uri: string, name: string): void {
    [this.uri, this.name] = [uri, name];
    this.refresh();
  }

  /** A document was opened. */
  opened(uri: string): void {
    if (uri === this.uri) this.refreshSoon();
  }

  private refreshSoon(): void {
    if (this.timer === 0) this.timer = window.setTimeout(() => this.refresh(), MARK_AFTER_MS);
  }

  private refresh(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.marked !== null && !this.marked.model.isDisposed()) this.marked.model.deltaDecorations(this.marked.ids, []);
    this.marked = null;
    this.following?.dispose();
    const model = this.uri === "" ? null : editor.getModel(Uri.parse(this.uri));
    this.following = model?.onDidChangeContent(() => this.refreshSoon()) ?? null;
    const pattern = model === null ? undefined : PATTERNS[model.getLanguageId()]?.(this.name);
    if (model === null || pattern === undefined || !/^[A-Za-z_]\w*$/.test(this.name)) return;
    const [found] = model.findMatches(pattern, false, true, true, null, false, 1);
    if (found === undefined) return;
    const options = {
      description: "handler",
      glyphMarginClassName: "handler-mark",
      glyphMarginHoverMessage: { value: _("Lambda calls `{name}`: it is the configured handler.", { name: this.name }) },
      stickiness: editor.TrackedRangeStickiness.NeverGrowsWhenTypingAtEdges,
    };
    this.marked = { model, ids: model.deltaDecorations([], [{ range: found.range, options }]) };
  }
}
