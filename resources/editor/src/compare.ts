// Two texts side by side: an original on the left, an open document on the right, which can be edited there.
import { Uri, editor } from "monaco-editor/editor.js";
import type { Document } from "./documents";

/** Two halves have no room for what one whole has. */
const NARROW: editor.IEditorOptions = { minimap: { enabled: false } };

/** The side-by-side view. It is made when first wanted, and lies over the editor while it is shown. */
export class Comparison {
  document: Document | null = null;
  private view: editor.IStandaloneDiffEditor | null = null;
  private original: editor.ITextModel | null = null;

  constructor(
    private readonly place: HTMLElement,
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
    this.place.hidden = false;
    this.document = document;
    this.view.updateOptions({ ...this.options(), ...NARROW, readOnly: document.readOnly, renderMarginRevertIcon: !document.readOnly });
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
    this.place.hidden = true;
    this.view?.setModel(null);
    this.original?.dispose();
    this.original = null;
  }

  goTo(target: "next" | "previous"): void {
    this.view?.goToDiff(target);
  }

  applyOptions(): void {
    this.view?.updateOptions({ ...this.options(), ...NARROW });
  }

  private create(): editor.IStandaloneDiffEditor {
    const view = editor.createDiffEditor(this.place, {
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
