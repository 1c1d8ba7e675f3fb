// The breakpoints of one document, which move with its text, and the line where the debugged function stands.
import { editor, type IDisposable } from "monaco-editor/editor.js";
import type { Notifications } from "./protocol";

export class Breakpoints {
  private marks: string[] = [];
  private standing: string[] = [];
  private told = "[]";
  private readonly listener: IDisposable;

  constructor(
    private readonly uri: string,
    private readonly model: editor.ITextModel,
    private readonly python: Notifications,
  ) {
    this.listener = model.onDidChangeContent(() => this.tell());
  }

  /** Replaces them; `standing` is the line where the function stands, 0 for none. */
  set(lines: number[], standing: number): void {
    this.mark(lines);
    this.told = JSON.stringify(this.lines());
    const at = Math.min(standing, this.model.getLineCount());
    // Monaco draws one mark a line: this one stands for both.
    const glyph = lines.includes(at) ? "standing-mark breakpoint-mark" : "standing-mark";
    this.standing = this.model.deltaDecorations(
      this.standing,
      at === 0
        ? []
        : [{ range: line(at), options: { isWholeLine: true, className: "standing-line", glyphMarginClassName: glyph, zIndex: 10 } }],
    );
  }

  /** The person clicked beside a line. */
  toggle(at: number): void {
    if (this.model.getLanguageId() !== "python") return; // only that can be debugged
    const lines = this.lines();
    this.mark(lines.includes(at) ? lines.filter((each) => each !== at) : [...lines, at]);
    this.tell();
  }

  dispose(): void {
    this.listener.dispose();
  }

  private mark(lines: number[]): void {
    const last = this.model.getLineCount();
    this.marks = this.model.deltaDecorations(
      this.marks,
      lines
        .filter((each) => each <= last)
        .map((each) => ({
          range: line(each),
          options: {
            glyphMarginClassName: "breakpoint-mark",
            glyphMarginHoverMessage: { value: "Breakpoint: Debug Locally stops here." },
            stickiness: editor.TrackedRangeStickiness.NeverGrowsWhenTypingAtEdges,
            overviewRuler: { color: "#e5484d", position: editor.OverviewRulerLane.Left },
          },
        })),
    );
  }

  private lines(): number[] {
    const found = this.marks.map((id) => this.model.getDecorationRange(id)?.startLineNumber ?? 0);
    return [...new Set(found)].filter((each) => each > 0).sort((a, b) => a - b);
  }

  private tell(): void {
    const lines = JSON.stringify(this.lines());
    if (lines === this.told) return;
    this.told = lines;
    this.python.tell_breakpoints(this.uri, lines);
  }
}

function line(at: number) {
  return { startLineNumber: at, startColumn: 1, endLineNumber: at, endColumn: 1 };
}
