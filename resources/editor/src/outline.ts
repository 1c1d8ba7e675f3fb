// The symbols of the active document, sent to Python while it wants them.
import { ILanguageFeaturesService } from "monaco-editor/editor/common/services/languageFeatures.js";
import { CancellationTokenSource, type editor, type languages } from "monaco-editor/editor.js";
import { StandaloneServices } from "monaco-editor/editor/standalone/browser/standaloneServices.js";
import type { Document } from "./documents";
import { Pause } from "./pause";
import type { Notifications, Symbol } from "./protocol";

const QUIET_MS = 200;
const MAX_WAIT_MS = 1_000;
const MAX_SYMBOLS = 2_000;
const MAX_CHARACTERS = 1_000_000;

/** Whether to request symbols of a text: the page needs seconds to read those of millions of characters. */
export function canHaveSymbols(model: editor.ITextModel): boolean {
  return model.getValueLength() <= MAX_CHARACTERS;
}

export class Outline {
  private wanted = false;
  private readonly pause = new Pause(() => void this.refresh());
  private request: CancellationTokenSource | null = null;
  private readonly providers = StandaloneServices.get(ILanguageFeaturesService).documentSymbolProvider;

  constructor(
    private readonly document: () => Document | null,
    private readonly python: Notifications,
  ) {
    this.providers.onDidChange(() => this.refreshSoon()); // most come with the first document of their language
  }

  want(wanted: boolean): void {
    this.wanted = wanted;
    this.refreshSoon();
  }

  attach(view: editor.IStandaloneCodeEditor): void {
    view.onDidChangeModel(() => this.refreshSoon());
    view.onDidChangeModelContent(() => this.refreshSoon());
  }

  /** The symbols may have changed. */
  refreshSoon(): void {
    if (this.wanted) this.pause.typed(QUIET_MS, MAX_WAIT_MS);
  }

  private async refresh(): Promise<void> {
    if (!this.wanted) return;
    this.request?.cancel();
    const request = (this.request = new CancellationTokenSource());
    const document = this.document();
    if (document === null) return this.python.notify_outline("", "[]");
    const { model } = document;
    const version = model.getVersionId();
    let found: languages.DocumentSymbol[] = [];
    if (canHaveSymbols(model)) {
      for (const provider of this.providers.ordered(model)) {
        if (found.length === 0) found = (await ask(provider, model, request)) ?? [];
      }
    }
    // The lines are wrong if the text has changed; that change has started another refresh.
    if (request !== this.request || this.document() !== document || model.isDisposed() || model.getVersionId() !== version) return;
    const room = { left: MAX_SYMBOLS };
    this.python.notify_outline(document.uri, JSON.stringify(found.map((symbol) => flat(symbol, room)).filter(Boolean)));
  }
}

async function ask(
  provider: languages.DocumentSymbolProvider,
  model: editor.ITextModel,
  request: CancellationTokenSource,
): Promise<languages.DocumentSymbol[] | null | undefined> {
  try {
    return await provider.provideDocumentSymbols(model, request.token);
  } catch {
    return null; // a worker that gave up: the next change asks again
  }
}

function flat(symbol: languages.DocumentSymbol, room: { left: number }): Symbol | null {
  if (room.left-- <= 0) return null;
  const { selectionRange: at, range } = symbol;
  const children = (symbol.children ?? []).map((child) => flat(child, room)).filter((child) => child !== null);
  return [symbol.name, symbol.kind, at.startLineNumber, at.startColumn, range.startLineNumber, range.endLineNumber, children];
}
