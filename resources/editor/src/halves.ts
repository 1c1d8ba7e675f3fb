// The editor, or two of them side by side. Each shows one of the open documents; both may show the same one.
import type { editor } from "monaco-editor/editor.js";
import type { Document } from "./documents";
import { canHaveSymbols } from "./outline";
import type { Notifications } from "./protocol";

const MIN_SHARE = 0.15;

/** One editor, and how the user left the documents that it has shown. */
export class Half {
  document: Document | null = null;
  private readonly viewStates = new Map<string, editor.ICodeEditorViewState>();

  constructor(readonly view: editor.IStandaloneCodeEditor) {}

  show(next: Document | null): void {
    const state = this.document && this.view.saveViewState();
    if (this.document !== null && state) this.viewStates.set(this.document.uri, state);
    this.document = next;
    // Before the text comes: the lines that stick to the top are found by its symbols.
    this.view.updateOptions({ readOnly: next?.readOnly ?? false, stickyScroll: { enabled: next !== null && canHaveSymbols(next.model) } });
    this.wrap();
    this.view.setModel(next?.model ?? null);
    const before = next && this.viewStates.get(next.uri);
    if (before) this.view.restoreViewState(before);
    // WORKAROUND for Monaco 0.57: when the first drawing finds a line that needs the horizontal scroll bar, the text at
    // its end moves up by the bar's height, and the line numbers do not. Remove when they do.
    if (before) requestAnimationFrame(() => requestAnimationFrame(() => this.view.render(true)));
  }

  /** A very long line is not wrapped, whatever the user has chosen. */
  wrap(): void {
    this.view.updateOptions({ wordWrapOverride2: this.document?.isLimited ? "off" : "inherit" });
  }

  /** The document is being closed, or replaced by a newer one of its name. */
  forget(document: Document, keepsState: boolean): void {
    if (document === this.document) this.show(null);
    if (!keepsState) this.viewStates.delete(document.uri);
  }
}

export class Halves {
  /** One; two from the first split on. */
  readonly all: Half[] = [];
  private current = 0;
  private readonly containers = [...document.querySelectorAll<HTMLElement>("#editors .half")];
  private readonly sash = document.getElementById("sash")!;

  constructor(
    private readonly create: (container: HTMLElement) => editor.IStandaloneCodeEditor,
    private readonly python: Notifications,
    private readonly entered: () => void,
  ) {
    this.add();
    this.sash.addEventListener("pointerdown", (event) => this.sash.setPointerCapture(event.pointerId));
    this.sash.addEventListener("pointermove", (event) => {
      if (this.sash.hasPointerCapture(event.pointerId)) this.move(event.clientX / window.innerWidth);
    });
    this.sash.addEventListener("dblclick", () => this.move(0.5));
  }

  /** Where the user types. */
  get active(): Half {
    return this.all[this.current]!;
  }

  get other(): Half {
    return this.all[1 - this.current]!;
  }

  set({ split, active, share }: { split: boolean; active: number; share: number }): void {
    const hadFocus = this.all.some(({ view }) => view.hasTextFocus());
    this.current = active;
    this.entered();
    if (split && this.all.length === 1) this.add();
    this.sash.hidden = this.containers[1]!.hidden = !split;
    if (!split) this.all[1]?.show(null);
    else if (this.active.document === null) this.active.show(this.other.document); // an editor without a text cannot have the focus
    this.share(split ? share : 1);
    if (hadFocus) this.active.view.focus();
  }

  private add(): void {
    const number = this.all.length;
    const half = new Half(this.create(this.containers[number]!));
    this.all.push(half);
    half.view.onDidFocusEditorWidget(() => this.enter(number));
  }

  private enter(number: number): void {
    if (number === this.current) return;
    this.current = number;
    this.python.notify_half(number);
    this.entered();
    const { document, view } = this.active;
    const at = view.getPosition();
    if (document !== null && at !== null) this.python.notify_cursor(document.uri, at.lineNumber, at.column);
  }

  private move(share: number): void {
    const kept = Math.min(Math.max(share, MIN_SHARE), 1 - MIN_SHARE);
    this.share(kept);
    this.python.notify_share(kept);
  }

  private share(share: number): void {
    this.containers[0]!.style.flexGrow = String(share);
    this.containers[1]!.style.flexGrow = String(1 - share);
  }
}
