// Two texts side by side: an original on the left, an open document on the right, which can be edited there.
import { Range, Uri, editor } from "monaco-editor/editor.js";
import type { Document } from "./documents";
import { canHaveSymbols } from "./outline";

/** Two halves have no room for what one whole has. */
const NARROW: editor.IEditorOptions = { minimap: { enabled: false } };

/** The side-by-side view. It is made when first wanted, and lies over the editor while it is shown. */
export class Comparison {
  document: Document | null = null;
  private view: editor.IStandaloneDiffEditor | null = null;
  private original: editor.ITextModel | null = null;

  constructor(
    private readonly container: HTMLElement,
    private readonly common: editor.IEditorOptions,
    private readonly options: () => editor.IEditorOptions,
    private readonly made: (modified: editor.IStandaloneCodeEditor) => void,
  ) {}

  /** The editor of the right side while it is shown. */
  get modified(): editor.ICodeEditor | null {
    return this.document === null || this.view === null ? null : this.view.getModifiedEditor();
  }

  show(document: Document, original: string): void {
    this.view ??= this.create();
    const before = this.original;
    this.original = editor.createModel(original, document.model.getLanguageId(), Uri.parse(`original:${Date.now()}`));
    this.original.setEOL(editor.EndOfLineSequence.LF);
    this.container.hidden = false;
    this.document = document;
    this.view.updateOptions({ ...this.options(), ...NARROW, readOnly: document.readOnly, renderMarginRevertIcon: !document.readOnly, stickyScroll: { enabled: canHaveSymbols(document.model) } });
    this.view.setModel({ original: this.original, modified: document.model });
    before?.dispose();
    const view = this.view;
    const first = view.onDidUpdateDiff(() => {
      first.dispose();
      if (this.document === document) view.revealFirstDiff();
    });
  }

  hide(): void {
    this.document = null;
    this.container.hidden = true;
    this.view?.setModel(null);
    this.original?.dispose();
    this.original = null;
  }

  goTo(target: "next" | "previous"): void {
    this.view?.goToDiff(target);
  }

  /** Makes the lines of the difference at the cursor what the other side has, as one step to undo. */
  revertAtCursor(): void {
    if (this.view === null || this.document === null || this.original === null || this.document.readOnly) return;
    const modified = this.view.getModifiedEditor();
    const at = modified.getPosition()?.lineNumber ?? 0;
    const change = this.view
      .getLineChanges()
      ?.find((each) => at >= each.modifiedStartLineNumber && at <= Math.max(each.modifiedStartLineNumber + (each.modifiedEndLineNumber ? 0 : 1), each.modifiedEndLineNumber));
    if (change === undefined) return;
    modified.pushUndoStop();
    modified.executeEdits("workbench", [revert(change, this.original, this.document.model)]);
    modified.pushUndoStop();
  }

  applyOptions(): void {
    this.view?.updateOptions({ ...this.options(), ...NARROW });
  }

  private create(): editor.IStandaloneDiffEditor {
    const view = editor.createDiffEditor(this.container, {
      ...this.common,
      ariaLabel: undefined,
      diffWordWrap: "inherit",
      hideUnchangedRegions: { enabled: true },
      ignoreTrimWhitespace: false, // white space is code in Python
      maxComputationTime: 3000,
      originalEditable: false,
      renderSideBySide: true,
      useInlineViewWhenSpaceIsLimited: false,
    });
    this.made(view.getModifiedEditor() as editor.IStandaloneCodeEditor);
    return view;
  }
}

/** The edit that takes one difference back. Monaco writes an empty side as an end of 0, its start as the line before. */
function revert(change: editor.ILineChange, original: editor.ITextModel, modified: editor.ITextModel): editor.IIdentifiedSingleEditOperation {
  const { originalStartLineNumber: oldFrom, originalEndLineNumber: oldTo, modifiedStartLineNumber: from, modifiedEndLineNumber: to } = change;
  const old = oldTo === 0 ? null : Array.from({ length: oldTo - oldFrom + 1 }, (_, number) => original.getLineContent(oldFrom + number)).join("\n");
  const last = modified.getLineCount();
  if (to === 0) {
    // Lines that are missing here.
    if (from >= last) return { range: new Range(last, modified.getLineMaxColumn(last), last, modified.getLineMaxColumn(last)), text: `\n${old}` };
    return { range: new Range(from + 1, 1, from + 1, 1), text: `${old}\n` };
  }
  if (old !== null) return { range: new Range(from, 1, to, modified.getLineMaxColumn(to)), text: old };
  // Lines that are here only.
  if (to < last) return { range: new Range(from, 1, to + 1, 1), text: "" };
  const before = Math.max(from - 1, 1);
  return { range: new Range(before, from > 1 ? modified.getLineMaxColumn(before) : 1, to, modified.getLineMaxColumn(to)), text: "" };
}
