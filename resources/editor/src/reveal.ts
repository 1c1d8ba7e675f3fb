// Shows a place in a text, from the first column if it fits.
import type { IDisposable, IRange, editor } from "monaco-editor/editor.js";

/** Before its widget has a place in the window, the page is 100 pixels wide. */
const MIN_WIDTH = 100;

const waiting = new WeakMap<editor.ICodeEditor, IDisposable>();

/** Selects a range and scrolls to it; `top` is the line to scroll to, 0 to scroll only as far as the range needs. */
export function reveal(view: editor.ICodeEditor, range: IRange, top: number): void {
  view.setSelection(range);
  waiting.get(view)?.dispose();
  waiting.delete(view);
  if (view.getLayoutInfo().contentWidth >= MIN_WIDTH) {
    scroll(view, range, top);
    return;
  }
  const model = view.getModel();
  const listener = view.onDidLayoutChange(({ contentWidth }) => {
    if (contentWidth < MIN_WIDTH) return;
    listener.dispose();
    waiting.delete(view);
    if (view.getModel() === model) scroll(view, view.getSelection() ?? range, top);
  });
  waiting.set(view, listener);
}

function scroll(view: editor.ICodeEditor, range: IRange, top: number): void {
  view.setScrollLeft(0); // else a line is shown from the column where another one was read
  if (top > 0) view.setScrollTop(top > 1 ? view.getTopForLineNumber(top) : 0);
  else view.revealRangeInCenterIfOutsideViewport(range);
}
