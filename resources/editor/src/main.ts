// The editor page: Monaco, showing one or two of the open documents, driven from Python.
import { KeyCode, KeyMod, editor } from "monaco-editor/editor.js";
import { connect, serve } from "./bridge";
import { Comparison } from "./compare";
import { Document, load } from "./documents";
import { Halves } from "./halves";
import { LanguageClient } from "./language_client";
import { registerLanguages } from "./languages";
import { _ } from "./messages";
import { installWorkers, paintMinimapLater } from "./monaco";
import { Outline } from "./outline";
import { Pause } from "./pause";
import type { Calls, Notifications, Options } from "./protocol";
import { reveal } from "./reveal";
import { Scripts } from "./scripts";
import { registerSnippets } from "./snippets";
import { defineThemes, useTheme } from "./theme";

const SCROLLED_MS = 200;

/** What the editor and the side-by-side view have in common. */
const COMMON: editor.IEditorOptions & { automaticLayout: boolean; bracketPairColorization: object; useShadowDOM: boolean } = {
  automaticLayout: true,
  bracketPairColorization: { enabled: true },
  // With Chromium's EditContext, QtWebEngine shows an input method's candidates at the start of the line.
  editContext: false,
  fixedOverflowWidgets: true,
  padding: { top: 6 },
  renderLineHighlight: "all",
  scrollBeyondLastLine: false,
  unusualLineTerminators: "off",
  useShadowDOM: false, // in a shadow tree the menu finds no colours
};

function start(python: Notifications, language: LanguageClient): Calls {
  const documents = new Map<string, Document>();
  const scripts = new Scripts((edits) => language.edit(edits));
  const outline = new Outline(() => halves.active.document, python);
  let options: editor.IEditorOptions = {};

  const listen = (made: editor.IStandaloneCodeEditor): void => {
    const document = (): Document | null =>
      made === comparison.modified ? comparison.document : made === halves.active.view ? halves.active.document : null;
    made.onDidChangeCursorPosition(({ position }) => {
      const visible = document();
      if (visible !== null) python.notify_cursor(visible.uri, position.lineNumber, position.column);
    });
    const scrolled = new Pause(() => {
      const [top, visible] = [made.getVisibleRanges()[0]?.startLineNumber, document()];
      if (visible !== null && top !== undefined) python.notify_top(visible.uri, top);
    });
    made.onDidScrollChange(({ scrollTopChanged }) => scrollTopChanged && scrolled.typed(SCROLLED_MS, SCROLLED_MS));
    made.onMouseDown(({ event, target }) => {
      const [visible, at] = [document(), target.position?.lineNumber];
      if (visible === null || at === undefined) return;
      const isInMargin = target.type === editor.MouseTargetType.GUTTER_GLYPH_MARGIN;
      if (isInMargin && event.leftButton) python.notify_margin(visible.uri, at);
      if ((isInMargin || target.type === editor.MouseTargetType.GUTTER_LINE_NUMBERS) && event.rightButton) {
        python.notify_margin_menu(visible.uri, at, event.browserEvent.clientX, event.browserEvent.clientY);
      }
    });
    // Not addCommand, which is for the whole page: the last one would win.
    made.addAction({
      id: "workbench.save",
      label: "",
      keybindings: [KeyMod.CtrlCmd | KeyCode.KeyS],
      run: () => {
        const visible = document();
        if (visible === null) return;
        visible.flush();
        python.notify_save(visible.uri);
      },
    });
  };
  const createEditor = (container: HTMLElement): editor.IStandaloneCodeEditor => {
    const view = editor.create(container, { ...COMMON, ...options, model: null });
    listen(view);
    paintMinimapLater(view);
    language.attach(view);
    outline.attach(view);
    return view;
  };
  const halves: Halves = new Halves(createEditor, python, () => outline.refreshSoon());

  const find = (uri: string): Document => {
    const found = documents.get(uri);
    if (found === undefined) throw new Error(`Not open: ${uri}`);
    return found;
  };
  const show = (next: Document): void => {
    if (comparison.document !== next) comparison.hide();
    halves.active.show(next);
    takeKeyboard();
  };
  const close = (uri: string, isReplaced = false): void => {
    const closing = documents.get(uri);
    if (closing === undefined) return;
    documents.delete(uri);
    if (closing === comparison.document) comparison.hide();
    for (const half of halves.all) half.forget(closing, isReplaced);
    language.close(closing);
    closing.dispose();
  };

  const comparison = new Comparison(document.getElementById("comparison")!, COMMON, () => options, listen);
  /** Where the user types. */
  const front = (): editor.ICodeEditor => comparison.modified ?? halves.active.view;

  // A click during a new layout may hit the page instead of an editor: then the page has the focus, and no element in it.
  const takeKeyboard = (): void => {
    if (document.hasFocus() && document.activeElement === document.body) front().focus();
  };
  window.addEventListener("focus", takeKeyboard);
  window.addEventListener("mousedown", (event) => {
    if (event.target !== document.documentElement && event.target !== document.body) return;
    event.preventDefault(); // the default moves the focus away from the text
    takeKeyboard();
  });
  window.addEventListener("focusout", () => setTimeout(takeKeyboard)); // once it is known who has it next

  language.whenStarted(() => outline.refreshSoon());
  language.formatWith(async () => front().getAction("editor.action.formatDocument")?.run());
  editor.registerLinkOpener({
    open(link) {
      python.notify_link(link.toString(true));
      return true;
    },
  });
  // For texts that are too large for a message.
  (window as unknown as { workbench: object }).workbench = {
    /** Version and text as "version:text", or "". A string, as PySide hands on no arrays. */
    read(uri: string): string {
      const model = documents.get(uri)?.model;
      return model === undefined ? "" : `${model.getAlternativeVersionId()}:${model.getValue()}`;
    },
  };

  return {
    async open(request) {
      const saved = await load(request.saved);
      const draft = request.draft && (await load(request.draft));
      const showing = halves.all.filter((half) => half.document?.uri === request.uri);
      close(request.uri, true);
      language.release(request.uri);
      scripts.release(request.uri);
      const opened = new Document(request, saved, draft, python);
      opened.limited = () => {
        for (const half of halves.all) half.wrap();
      };
      language.open(opened);
      documents.set(request.uri, opened);
      for (const half of showing) half.show(opened);
    },
    show: ({ uri, in_other_half }) => (in_other_half ? halves.other.show(find(uri)) : show(find(uri))),
    halves: (wanted) => halves.set(wanted),
    close({ uri }) {
      documents.get(uri)?.flush();
      close(uri);
    },
    flush() {
      for (const open of documents.values()) open.flush();
      language.flush();
    },
    get: ({ uri }) => find(uri).snapshot(),
    edit: ({ uri, edits }) => find(uri).edit(edits),
    mark_saved: ({ uri, version }) => documents.get(uri)?.markSaved(version), // it may be closed by now
    markers: ({ uri, markers }) => documents.get(uri)?.setMarkers(markers), // the same
    reveal({ uri, line, column, end_column, top }) {
      if (find(uri) !== halves.active.document) show(find(uri));
      reveal(front(), { startLineNumber: line, startColumn: column, endLineNumber: line, endColumn: end_column || column }, top);
    },
    async compare({ uri, original }) {
      const text = await load(original);
      if (find(uri) !== halves.active.document) show(find(uri));
      comparison.show(find(uri), text);
    },
    end_comparison: () => comparison.hide(),
    go_to_change: ({ next }) => comparison.goTo(next ? "next" : "previous"),
    revert_change: () => comparison.revertAtCursor(),
    changes: ({ uri, changes }) => documents.get(uri)?.setChanges(changes), // it may be closed by now
    breakpoints: ({ uri, marks, stopped }) => documents.get(uri)?.breakpoints.set(marks, stopped), // the same
    scripts: async ({ root, files }) => scripts.set(root, JSON.parse(await load(files)) as Record<string, string>),
    outline: ({ wanted }) => outline.want(wanted),
    theme: ({ dark }) => useTheme(dark),
    options(given) {
      options = editorOptions(given);
      for (const { view } of halves.all) view.updateOptions(options);
      comparison.applyOptions();
    },
    trigger({ command }) {
      front().focus();
      front().trigger("workbench", command, null);
    },
    focus: () => front().focus(),
  };
}

function editorOptions(options: Options): editor.IEditorOptions {
  return {
    ariaLabel: options.label,
    // Quoted, as a name may hold CSS syntax. Monaco adds fallbacks.
    fontFamily: options.font_family === "monospace" ? "monospace" : JSON.stringify(options.font_family),
    fontSize: options.font_size_px,
    minimap: { enabled: options.minimap },
    renderWhitespace: options.whitespace ? "all" : "selection",
    tabSize: options.tab_size,
    wordWrap: options.word_wrap ? "on" : "off",
  } as editor.IEditorOptions;
}

document.title = _("Editor");
installWorkers();
registerLanguages();
registerSnippets();
defineThemes();
useTheme(location.hash === "#dark");
const remote = await connect();
serve(remote.bridge, start(remote.bridge, new LanguageClient(remote.language)));
remote.bridge.notify_ready();
// Loads the grammars of most functions before they are needed.
for (const language of ["python", "javascript"]) void editor.colorize("", language, {});
