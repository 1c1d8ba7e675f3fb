// What of Monaco the page uses, and how: its features and background workers, and when it paints the minimap.
// What the editor can do. Left out on purpose: Monaco's command palette and its F1 (the application has its own),
// developer tools, and what belongs to other hosts.
import "monaco-editor/features/anchorSelect/register.js";
import "monaco-editor/features/bracketMatching/register.js";
import "monaco-editor/features/caretOperations/register.js";
import "monaco-editor/features/clipboard/register.js";
import "monaco-editor/features/codeAction/register.js";
import "monaco-editor/features/codeEditor/register.js";
import "monaco-editor/features/codicon/register.js";
import "monaco-editor/features/comment/register.js";
import "monaco-editor/features/contextmenu/register.js";
import "monaco-editor/features/cursorUndo/register.js";
import "monaco-editor/features/diffEditor/register.js";
import "monaco-editor/features/dnd/register.js";
import "monaco-editor/features/documentSymbols/register.js";
import "monaco-editor/features/find/register.js";
import "monaco-editor/features/folding/register.js";
import "monaco-editor/features/fontZoom/register.js";
import "monaco-editor/features/format/register.js";
import "monaco-editor/features/gotoError/register.js";
import "monaco-editor/features/gotoLine/register.js";
import "monaco-editor/features/gotoSymbol/register.js";
import "monaco-editor/features/hover/register.js";
import "monaco-editor/features/inPlaceReplace/register.js";
import "monaco-editor/features/indentation/register.js";
import "monaco-editor/features/insertFinalNewLine/register.js";
import "monaco-editor/features/lineSelection/register.js";
import "monaco-editor/features/linesOperations/register.js";
import "monaco-editor/features/linkedEditing/register.js";
import "monaco-editor/features/links/register.js";
import "monaco-editor/features/longLinesHelper/register.js";
import "monaco-editor/features/multicursor/register.js";
import "monaco-editor/features/parameterHints/register.js";
import "monaco-editor/features/quickOutline/register.js";
import "monaco-editor/features/readOnlyMessage/register.js";
import "monaco-editor/features/referenceSearch/register.js";
import "monaco-editor/features/rename/register.js";
import "monaco-editor/features/semanticTokens/register.js";
import "monaco-editor/features/smartSelect/register.js";
import "monaco-editor/features/snippet/register.js";
import "monaco-editor/features/stickyScroll/register.js";
import "monaco-editor/features/suggest/register.js";
// The feature alone is a half: the list of completions itself comes with Monaco's inline completions otherwise.
import "monaco-editor/editor/contrib/suggest/browser/suggestController.js";
import "monaco-editor/features/toggleTabFocusMode/register.js";
import "monaco-editor/features/tokenization/register.js";
import "monaco-editor/features/unicodeHighlighter/register.js";
import "monaco-editor/features/wordHighlighter/register.js";
import "monaco-editor/features/wordOperations/register.js";
import "monaco-editor/features/wordPartOperations/register.js";
// Monaco's modes for JSON and TypeScript register all of its contributions, also those left out here, when the page
// runs already; the services of these must be registered before, or every further editor reports an unknown service.
import "monaco-editor/editor/common/services/treeViewsDndService.js";
import "monaco-editor/editor/contrib/codelens/browser/codeLensCache.js";
import { Minimap } from "monaco-editor/editor/browser/viewParts/minimap/minimap.js";
import type { editor } from "monaco-editor/editor.js";
import { Pause } from "./pause";

// Background workers, started only from this page's own files.

const FILES: Record<string, string> = { json: "json.worker.js", javascript: "ts.worker.js", typescript: "ts.worker.js" };

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

export function installWorkers(): void {
  const { trustedTypes } = globalThis as unknown as { trustedTypes: TrustedTypes };
  const policy = trustedTypes.createPolicy("workbench-workers", {
    createScriptURL(url) {
      const own = new URL(url, location.href);
      if (own.origin !== location.origin || !own.pathname.endsWith(".worker.js")) throw new TypeError(`Not a worker of this page: ${url}`);
      return own.href;
    },
  });
  (globalThis as { MonacoEnvironment?: unknown }).MonacoEnvironment = {
    getWorker: (_module: string, label: string) => new Worker(policy.createScriptURL(FILES[label] ?? "editor.worker.js"), { type: "module" }),
  };
}

// The minimap is painted in the pauses between keys.
//
// WORKAROUND for Monaco 0.57: it paints the minimap in one frame with the typed character. Without a graphics card
// Chromium then composes all that lies between the two, most of the window, which takes longer than all else.

const QUIET_MS = 150;
const MAX_WAIT_MS = 600;

const views = new Set<editor.IStandaloneCodeEditor>();
const pause = new Pause(() => {
  for (const view of views) view.render();
});

const shouldRender = Minimap.prototype.shouldRender;
Minimap.prototype.shouldRender = function () {
  return !pause.isWaiting && shouldRender.call(this);
};

/** Takes an editor in which the user types. */
export function paintMinimapLater(view: editor.IStandaloneCodeEditor): void {
  views.add(view);
  view.onDidChangeModelContent(() => pause.typed(QUIET_MS, MAX_WAIT_MS));
  view.onDidDispose(() => views.delete(view));
}
