// The mark beside the function that Lambda calls.
import { Uri, editor, type IDisposable } from "monaco-editor/editor.js";

const LOOK_AFTER_MS = 200;

/** Language -> what the line that makes a function of this name begins with. Other languages have no mark. */
const SCRIPT = (name: string) =>
  `^(?:export[ \\t]+(?:async[ \\t]+)?(?:function|const|let|var)[ \\t]+|(?:module\\.)?exports\\.)${name}\\b`;
const PATTERNS: Record<string, (name: string) => string> = {
  python: (name) => `^(?:async[ \\t]+)?(?:def|class)[ \\t]+${name}\\b|^${name}[ \\t]*=(?!=)`,
  javascript: SCRIPT,
  typescript: SCRIPT,
  ruby: (name) => `^[ \\t]*def[ \\t]+(?:self\\.)?${name}\\b`,
};

export class HandlerMark {
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
  look(uri: string): void {
    if (uri === this.uri) this.refreshSoon();
  }

  private refreshSoon(): void {
    if (this.timer === 0) this.timer = window.setTimeout(() => this.refresh(), LOOK_AFTER_MS);
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
      glyphMarginHoverMessage: { value: `Lambda calls \`${this.name}\`: it is the configured handler.` },
      stickiness: editor.TrackedRangeStickiness.NeverGrowsWhenTypingAtEdges,
    };
    this.marked = { model, ids: model.deltaDecorations([], [{ range: found.range, options }]) };
  }
}
