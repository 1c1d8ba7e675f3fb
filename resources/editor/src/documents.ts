// The open documents: their models, which version is saved, and which changes Python knows.
import { MarkerSeverity, MarkerTag, Uri, editor, type IDisposable } from "monaco-editor/editor.js";
import { Pause } from "./pause";
import {
  LARGE_LENGTH, type BreakpointMark, type Edit, type LineChange, type Marker, type Notifications, type OpenRequest, type Snapshot, type Text, type TextEdit,
} from "./protocol";

const QUIET_MS = 120;
const MAX_WAIT_MS = 250;
const LARGE_WAIT_MS = 900;
const MAX_LINE = 200_000;
/** More than these are not cheaper than the whole text. */
const MAX_EDITS = 20;
const MAX_EDITED_LENGTH = 200_000;

const SEVERITIES = { error: MarkerSeverity.Error, warning: MarkerSeverity.Warning, info: MarkerSeverity.Info, hint: MarkerSeverity.Hint };
const TAGS = { unnecessary: [MarkerTag.Unnecessary], deprecated: [MarkerTag.Deprecated], "": [] };

/** Colours of the marks at changed lines, legible in both themes; index.html has the same. */
const CHANGE_COLORS = { added: "#2e9e5b", changed: "#3b82f6", deleted: "#e5484d" };

export async function load(source: Text): Promise<string> {
  if ("text" in source) return source.text;
  const response = await fetch(source.fetch);
  if (!response.ok) throw new Error(`Could not fetch ${source.fetch}.`);
  return response.text();
}

export class Document {
  readonly uri: string;
  readonly readOnly: boolean;
  readonly model: editor.ITextModel;
  readonly breakpoints: Breakpoints;
  /** Whether a line is so long that it is neither coloured, checked nor wrapped. */
  isLimited = false;
  /** Called when it begins to be. */
  limited: () => void = () => {};
  /** Of a large text, the changes that Python does not have yet; null when it must read the whole text. */
  private edits: Edit[] | null = [];
  private editedLength = 0;
  private savedVersion: number;
  private dirty = false;
  private readonly unsent = new Pause(() => this.notifyText());
  private marks: string[] = [];
  private readonly listener: IDisposable;

  constructor(
    request: OpenRequest,
    saved: string,
    draft: string | null,
    private readonly python: Notifications,
  ) {
    this.uri = request.uri;
    this.readOnly = request.read_only;
    this.model = editor.createModel(saved, request.language || undefined, Uri.parse(request.uri));
    if (hasLongLine(draft ?? saved)) this.limit();
    this.model.setEOL(editor.EndOfLineSequence.LF);
    this.savedVersion = this.model.getAlternativeVersionId();
    if (draft !== null) {
      this.model.pushEditOperations([], [{ range: this.model.getFullModelRange(), text: draft }], () => null);
      this.model.pushStackElement();
    }
    this.breakpoints = new Breakpoints(this.uri, this.model, python);
    this.listener = this.model.onDidChangeContent((event) => this.changed(event));
    this.notifyDirty();
  }

  snapshot(): Snapshot {
    const large = this.model.getValueLength() > LARGE_LENGTH;
    return { version: this.model.getAlternativeVersionId(), text: large ? null : this.model.getValue() };
  }

  markSaved(version: number): void {
    this.savedVersion = version;
    this.notifyDirty();
  }

  edit(edits: TextEdit[]): void {
    this.model.pushStackElement();
    this.model.pushEditOperations(
      [],
      edits.map((edit) => ({ range: range(edit), text: edit.text })),
      () => null,
    );
    this.model.pushStackElement();
  }

  setMarkers(markers: Marker[]): void {
    editor.setModelMarkers(
      this.model,
      "workbench",
      markers.map((marker) => ({
        ...range(marker),
        message: marker.message,
        severity: SEVERITIES[marker.severity],
        source: marker.source,
        code: marker.rule || undefined,
        tags: TAGS[marker.tag],
      })),
    );
  }

  /** Marks the lines that differ from what is deployed. */
  setChanges(changes: LineChange[]): void {
    this.marks = this.model.deltaDecorations(
      this.marks,
      changes.map(({ kind, line, end_line }) => {
        const isAtTop = kind === "deleted" && line === 0;
        return {
          range: { startLineNumber: Math.max(line, 1), startColumn: 1, endLineNumber: Math.max(end_line, 1), endColumn: 1 },
          options: {
            isWholeLine: true,
            linesDecorationsClassName: `line-${kind}${isAtTop ? " at-top" : ""}`,
            minimap: { color: CHANGE_COLORS[kind], position: editor.MinimapPosition.Gutter },
            overviewRuler: { color: CHANGE_COLORS[kind], position: editor.OverviewRulerLane.Left },
          },
        };
      }),
    );
  }

  /** Sends Python the changes that it does not have yet. */
  flush(): void {
    this.unsent.end();
  }

  private notifyText(): void {
    const { version, text } = this.snapshot();
    const edits = this.edits;
    this.edits = [];
    this.editedLength = 0;
    if (text !== null) this.python.notify_changed(this.uri, version, text);
    else if (edits === null) this.python.notify_changed_large(this.uri);
    else this.python.notify_edited(this.uri, version, this.model.getValueLength(), JSON.stringify(edits));
  }

  private limit(): void {
    if (this.isLimited) return;
    this.isLimited = true;
    // JSON's tokenizer knows no pause within a line.
    if (this.model.getLanguageId() === "json") editor.setModelLanguage(this.model, "plaintext");
    this.python.notify_limited(this.uri);
    this.limited();
  }

  /** Does not send pending changes: flush first, unless the document is being replaced. */
  dispose(): void {
    this.unsent.drop();
    this.listener.dispose();
    this.breakpoints.dispose();
    this.model.dispose();
  }

  private changed({ changes, isFlush, isEolChange }: editor.IModelContentChangedEvent): void {
    this.notifyDirty();
    if (changes.some(({ text }) => text.length > MAX_LINE && hasLongLine(text))) this.limit();
    // Python is at most this far behind.
    const isLarge = this.model.getValueLength() > LARGE_LENGTH;
    for (const { text } of changes) this.editedLength += text.length;
    const edits = (this.edits?.length ?? 0) + changes.length;
    if (isFlush || isEolChange || edits > MAX_EDITS || this.editedLength > MAX_EDITED_LENGTH) this.edits = null;
    this.edits?.push(...changes.map(({ rangeOffset, rangeLength, text }): Edit => [rangeOffset, rangeLength, text]));
    this.unsent.typed(isLarge ? LARGE_WAIT_MS : QUIET_MS, isLarge ? LARGE_WAIT_MS : MAX_WAIT_MS);
  }

  private notifyDirty(): void {
    const dirty = this.model.getAlternativeVersionId() !== this.savedVersion;
    if (dirty === this.dirty) return;
    this.dirty = dirty;
    this.python.notify_dirty(this.uri, dirty);
  }
}

/** The breakpoints of one document, which move with its text, and the line where the debugged function stands. */
class Breakpoints {
  private numbers: number[] = [];
  private marks: string[] = [];
  private stopped: string[] = [];
  private notified = "[]";
  private readonly listener: IDisposable;

  constructor(
    private readonly uri: string,
    private readonly model: editor.ITextModel,
    private readonly python: Notifications,
  ) {
    this.listener = model.onDidChangeContent(() => this.notify());
  }

  /** Replaces them; `stopped` is the line where the function stands, 0 for none. */
  set(marks: BreakpointMark[], stopped: number): void {
    const last = this.model.getLineCount();
    const there = marks.filter((each) => each.line <= last);
    this.numbers = there.map(({ number }) => number);
    this.marks = this.model.deltaDecorations(this.marks, there.map(decoration));
    this.notified = JSON.stringify(this.lines());
    const at = Math.min(stopped, last);
    // Monaco draws one mark a line: this one stands for both.
    const glyph = there.some((each) => each.line === at) ? "stopped-mark breakpoint-mark" : "stopped-mark";
    this.stopped = this.model.deltaDecorations(
      this.stopped,
      at === 0
        ? []
        : [{ range: line(at), options: { isWholeLine: true, className: "stopped-line", glyphMarginClassName: glyph, zIndex: 10 } }],
    );
  }

  dispose(): void {
    this.listener.dispose();
  }

  /** Number and line of each. */
  private lines(): [number, number][] {
    return this.marks.map((id, at) => [this.numbers[at]!, this.model.getDecorationRange(id)?.startLineNumber ?? 1]);
  }

  private notify(): void {
    const lines = JSON.stringify(this.lines());
    if (lines === this.notified) return;
    this.notified = lines;
    this.python.notify_breakpoints(this.uri, lines);
  }
}

function decoration(mark: BreakpointMark): editor.IModelDeltaDecoration {
  // What the user or the debugger has written is no Markdown: it stands in a block of code.
  const fence = "`".repeat(Math.max(3, ...[...mark.detail.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  const hover = [{ value: mark.title }, ...(mark.detail ? [{ value: `${fence}text\n${mark.detail}\n${fence}` }] : [])];
  return {
    range: line(mark.line),
    options: {
      glyphMarginClassName: `breakpoint-mark ${mark.look}`,
      glyphMarginHoverMessage: hover,
      stickiness: editor.TrackedRangeStickiness.NeverGrowsWhenTypingAtEdges,
      overviewRuler: { color: "#e5484d", position: editor.OverviewRulerLane.Left },
    },
  };
}

function line(at: number) {
  return { startLineNumber: at, startColumn: 1, endLineNumber: at, endColumn: 1 };
}

/** Whether a line is so long that to tokenize or to wrap it would stop the page for more than a tenth of a second. */
function hasLongLine(text: string): boolean {
  for (let from = 0, to = 0; to >= 0; from = to + 1) {
    to = text.indexOf("\n", from);
    if ((to < 0 ? text.length : to) - from > MAX_LINE) return true;
  }
  return false;
}

function range(at: { line: number; column: number; end_line: number; end_column: number }) {
  return { startLineNumber: at.line, startColumn: at.column, endLineNumber: at.end_line, endColumn: at.end_column };
}
