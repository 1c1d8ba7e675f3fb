// The parts of the Language Server Protocol that are used here, and their translation from and to Monaco's.
// The protocol counts lines and characters from 0, Monaco from 1; both count UTF-16 units.
import { Uri, languages, type IMarkdownString, type IPosition, type IRange } from "monaco-editor/editor.js";

export interface Position {
  line: number;
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

export interface TextEdit {
  range: Range;
  newText: string;
}

export interface Location {
  uri: string;
  range: Range;
}

export interface WorkspaceEdit {
  changes?: Record<string, TextEdit[]>;
  documentChanges?: { textDocument: { uri: string }; edits: TextEdit[] }[];
}

export type Markup = string | { kind: string; value: string };

export interface CompletionItem {
  label: string;
  labelDetails?: { detail?: string; description?: string };
  kind?: number;
  tags?: number[];
  detail?: string;
  documentation?: Markup;
  preselect?: boolean;
  sortText?: string;
  filterText?: string;
  insertText?: string;
  insertTextFormat?: number;
  textEdit?: TextEdit;
  additionalTextEdits?: TextEdit[];
}

export interface Signature {
  label: string;
  documentation?: Markup;
  parameters?: { label: string | [number, number]; documentation?: Markup }[];
  activeParameter?: number;
}

export interface DocumentSymbol {
  name: string;
  detail?: string;
  kind: number;
  range: Range;
  selectionRange: Range;
  children?: DocumentSymbol[];
}

export interface CodeAction {
  title: string;
  kind?: string;
  isPreferred?: boolean;
  edit?: WorkspaceEdit;
  command?: { title: string; command: string; arguments?: unknown[] };
  data?: unknown;
}

export const toPosition = (at: IPosition): Position => ({ line: at.lineNumber - 1, character: at.column - 1 });

export const toRange = (at: IRange): Range => ({
  start: { line: at.startLineNumber - 1, character: at.startColumn - 1 },
  end: { line: at.endLineNumber - 1, character: at.endColumn - 1 },
});

export const fromRange = ({ start, end }: Range): IRange => ({
  startLineNumber: start.line + 1,
  startColumn: start.character + 1,
  endLineNumber: end.line + 1,
  endColumn: end.character + 1,
});

export const fromEdit = (edit: TextEdit): languages.TextEdit => ({ range: fromRange(edit.range), text: edit.newText });

export const fromLocation = ({ uri, range }: Location): languages.Location => ({ uri: Uri.parse(uri), range: fromRange(range) });

export function fromMarkup(markup: Markup | undefined): IMarkdownString | undefined {
  if (markup === undefined) return undefined;
  return typeof markup === "string" ? { value: markup } : { value: markup.value };
}

/** URI -> its edits, whichever of its two forms an edit has. */
export function editsByUri(edit: WorkspaceEdit): Map<string, TextEdit[]> {
  const found = new Map(Object.entries(edit.changes ?? {}));
  for (const { textDocument, edits } of edit.documentChanges ?? []) {
    if (textDocument !== undefined) found.set(textDocument.uri, [...(found.get(textDocument.uri) ?? []), ...edits]);
  }
  return found;
}

const { CompletionItemKind: Kind } = languages;

/** By the protocol's number, which begins with 1. */
const COMPLETION_KINDS = [
  Kind.Text, Kind.Text, Kind.Method, Kind.Function, Kind.Constructor, Kind.Field, Kind.Variable, Kind.Class, Kind.Interface,
  Kind.Module, Kind.Property, Kind.Unit, Kind.Value, Kind.Enum, Kind.Keyword, Kind.Snippet, Kind.Color, Kind.File,
  Kind.Reference, Kind.Folder, Kind.EnumMember, Kind.Constant, Kind.Struct, Kind.Event, Kind.Operator, Kind.TypeParameter,
];

const MAX_DESCRIPTION = 40;

export function fromCompletion(item: CompletionItem, word: IRange): languages.CompletionItem {
  const description = item.labelDetails?.description ?? "";
  return {
    // ty describes a method by all its parameters, which leave no room for the name.
    label: { label: item.label, detail: item.labelDetails?.detail, description: description.length > MAX_DESCRIPTION ? undefined : description },
    kind: COMPLETION_KINDS[item.kind ?? 0] ?? Kind.Text,
    tags: item.tags,
    detail: item.detail,
    documentation: fromMarkup(item.documentation),
    preselect: item.preselect,
    sortText: item.sortText,
    filterText: item.filterText,
    insertText: item.textEdit?.newText ?? item.insertText ?? item.label,
    insertTextRules: item.insertTextFormat === 2 ? languages.CompletionItemInsertTextRule.InsertAsSnippet : undefined,
    range: item.textEdit === undefined ? word : fromRange(item.textEdit.range),
    additionalTextEdits: item.additionalTextEdits?.map(fromEdit),
  };
}

export function fromSymbol(symbol: DocumentSymbol): languages.DocumentSymbol {
  return {
    name: symbol.name,
    detail: symbol.detail ?? "",
    kind: symbol.kind - 1, // Monaco's numbers are the protocol's, from 0
    tags: [],
    range: fromRange(symbol.range),
    selectionRange: fromRange(symbol.selectionRange),
    children: symbol.children?.map(fromSymbol),
  };
}
