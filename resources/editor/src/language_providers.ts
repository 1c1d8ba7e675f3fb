// What Monaco asks for, answered by the language servers.
import { Range as MonacoRange, editor, languages, type IMarkdownString } from "monaco-editor/editor.js";
import type { LanguageClient } from "./language_client";
import type { Link } from "./language_link";
import {
  editsByUri, fromCompletion, fromEdit, fromLocation, fromMarkup, fromRange, fromSymbol, toPosition, toRange,
  type CodeAction, type CompletionItem, type DocumentSymbol, type Location, type Markup, type Range, type Signature, type TextEdit,
  type WorkspaceEdit,
} from "./language_protocol";

type Model = editor.ITextModel;
type Place = { lineNumber: number; column: number };
/** What Workbench itself offers, it does itself; of these languages, too, whose servers are none of its. */
const COMMAND = "workbench.command";
const LONGEST_LINE = 1_000;
const ALSO_OURS = ["javascript", "typescript", "ruby"];

type Completions = CompletionItem[] | { items: CompletionItem[]; isIncomplete: boolean };

export function registerProviders(language: string, link: Link, client: LanguageClient): void {
  const document = (model: Model) => ({ textDocument: { uri: client.uriOf(model) } });
  const at = (model: Model, position: Place) => ({ ...document(model), position: toPosition(position) });

  languages.registerCompletionItemProvider(language, {
    triggerCharacters: [".", '"', "'"],
    async provideCompletionItems(model, position, context, token) {
      const { startColumn, endColumn } = model.getWordUntilPosition(position);
      const line = position.lineNumber;
      const afterDot = model.getValueInRange(new MonacoRange(line, startColumn - 1, line, startColumn)) === ".";
      const about = { triggerKind: context.triggerKind + 1, triggerCharacter: context.triggerCharacter };
      let result: Completions | null = null;
      let version = 0;
      // An answer takes some milliseconds. Whoever types faster gets none for the middle of the word: ask for its end.
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
      if (range === null) return { range: MonacoRange.fromPositions(position), text: "", rejectReason: "This cannot be renamed." };
      return { range: fromRange(range), text: model.getValueInRange(fromRange(range)) };
    },
    async provideRenameEdits(model, position, newName, token) {
      const result = await link.ask<WorkspaceEdit>("textDocument/rename", { ...at(model, position), newName }, token);
      if (result === null) return { edits: [], rejectReason: "This cannot be renamed." };
      return spread(client, link, result);
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
  const take = (action: languages.CodeAction, edit: WorkspaceEdit | undefined): void => {
    if (edit !== undefined) action.edit = ours(client, edit);
  };
  editor.registerCommand(COMMAND, (_accessor, command: object) => void link.ask("workbench/command", command));
  const actions: languages.CodeActionProvider = {
    async provideCodeActions(model, range, context, token) {
      const line = model.getLineContent(range.startLineNumber).slice(0, LONGEST_LINE);
      const about = { only: context.only && [context.only], triggerKind: context.trigger };
      const params = { ...document(model), range: toRange(range), context: about, line };
      const result = await link.ask<CodeAction[]>("textDocument/codeAction", params, token);
      const offered = (result ?? []).map((found) => {
        const action: languages.CodeAction = { title: found.title, kind: found.kind, isPreferred: found.isPreferred };
        take(action, found.edit);
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
      if (!complete) take(action, (await link.ask<CodeAction>("codeAction/resolve", found, token))?.edit);
      return action;
    },
  };
  for (const each of [language, ...ALSO_OURS]) languages.registerCodeActionProvider(each, actions);

  editor.registerEditorOpener({
    openCodeEditor(source, resource, selection) {
      if (source.getModel()?.uri.toString() === resource.toString()) return false;
      const line = selection && ("startLineNumber" in selection ? selection.startLineNumber : selection.lineNumber);
      const column = selection && ("startColumn" in selection ? selection.startColumn : selection.column);
      link.go(client.documentAt(resource.toString())?.uri ?? resource.toString(), line ?? 1, column ?? 1);
      return true;
    },
  });
}

/** Monaco shows a place only where there is a model. */
async function locations(client: LanguageClient, found: Location | Location[] | null): Promise<languages.Location[]> {
  const all = found === null ? [] : [found].flat();
  await client.borrow(all.map(({ uri }) => uri));
  return all.map(fromLocation).filter(({ uri }) => editor.getModel(uri) !== null);
}

/** The edits of open documents, for Monaco. */
function ours(client: LanguageClient, edit: WorkspaceEdit): languages.WorkspaceEdit & languages.Rejection {
  const edits: languages.IWorkspaceTextEdit[] = [];
  for (const [uri, changes] of editsByUri(edit)) {
    const open = client.documentAt(uri);
    if (open !== undefined) for (const change of changes) edits.push({ resource: open.model.uri, textEdit: fromEdit(change), versionId: undefined });
  }
  return { edits };
}

/** The same; those of files that are not open go to Python, which opens them. */
function spread(client: LanguageClient, link: Link, edit: WorkspaceEdit): languages.WorkspaceEdit & languages.Rejection {
  const others: Record<string, object[]> = {};
  for (const [uri, changes] of editsByUri(edit)) {
    if (client.documentAt(uri) !== undefined) continue;
    others[uri] = changes.map(({ range: { start, end }, newText }) => ({
      line: start.line + 1, column: start.character + 1, end_line: end.line + 1, end_column: end.character + 1, text: newText,
    }));
  }
  if (Object.keys(others).length > 0) link.edit(others);
  return ours(client, edit);
}
