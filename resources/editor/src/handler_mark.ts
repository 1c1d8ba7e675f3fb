// The mark beside the function that Lambda calls.
import { editor } from "monaco-editor/editor.js";

const LOOK_AFTER_MS = 200;

export class HandlerMark {
  private uri = "";
  private name = "";
  private marked: { model: editor.ITextModel; ids: string[] } | null = null;
  private timer = 0;

  /** The handler is this function of this document; "" for none. */
  show(uri: string, name: string): void {
    [this.uri, this.name] = [uri, name];
    this.refresh();
  }

  /** A document was opened, or has changed. */
  look(uri: string): void {
    if (uri !== this.uri || this.timer !== 0) return;
    this.timer = window.setTimeout(() => this.refresh(), LOOK_AFTER_MS);
  }

  constructor(private readonly modelOf: (uri: string) => editor.ITextModel | undefined) {}

  private refresh(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.marked !== null && !this.marked.model.isDisposed()) this.marked.model.deltaDecorations(this.marked.ids, []);
    this.marked = null;
    const model = this.modelOf(this.uri);
    if (model === undefined || !/^[A-Za-z_]\w*$/.test(this.name)) return;
    const pattern = `^(?:async[ \\t]+)?(?:def|class)[ \\t]+${this.name}\\b|^${this.name}[ \\t]*=(?!=)`;
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
