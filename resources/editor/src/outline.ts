// The symbols of the document where the person types, told to Python while it wants them.
import { ILanguageFeaturesService } from "monaco-editor/editor/common/services/languageFeatures.js";
import { CancellationTokenSource, type editor, type languages } from "monaco-editor/editor.js";
import { StandaloneServices } from "monaco-editor/editor/standalone/browser/standaloneServices.js";
import type { Document } from "./documents";
import { Pause } from "./pause";
import type { Notifications, Symbol } from "./protocol";

const QUIET_MS = 200;
const LONGEST_MS = 1_000;
const MOST_SYMBOLS = 2_000;
const MOST_CHARACTERS = 1_000_000;

/** Whether the symbols of a text can be asked for: a worker's answer about millions takes the page seconds to read. */
export function canHaveSymbols(model: editor.ITextModel): boolean {
  return model.getValueLength() <= MOST_CHARACTERS;
}

export class Outline {
  private wanted = false;
  private readonly pause = new Pause(() => void this.look());
  private asking: CancellationTokenSource | null = null;
  private readonly providers = StandaloneServices.get(ILanguageFeaturesService).documentSymbolProvider;

  constructor(
    private readonly shown: () => Document | null,
    private readonly python: Notifications,
  ) {
    this.providers.onDidChange(() => this.soon()); // most come with the first document of their language
  }

  want(wanted: boolean): void {
    this.wanted = wanted;
    this.soon();
  }

  attach(view: editor.IStandaloneCodeEditor): void {
    view.onDidChangeModel(() => this.soon());
    view.onDidChangeModelContent(() => this.soon());
  }

  /** The symbols may have changed. */
  soon(): void {
    if (this.wanted) this.pause.typed(QUIET_MS, LONGEST_MS);
  }

  private async look(): Promise<void> {
    if (!this.wanted) return;
    this.asking?.cancel();
    const asking = (this.asking = new CancellationTokenSource());
    const document = this.shown();
    if (document === null) return this.python.tell_outline("", "[]");
    const { model } = document;
    const version = model.getVersionId();
    let found: languages.DocumentSymbol[] = [];
    if (canHaveSymbols(model)) {
      for (const provider of this.providers.ordered(model)) {
        if (found.length === 0) found = (await ask(provider, model, asking)) ?? [];
      }
    }
    // Of a text that has changed meanwhile the lines would be wrong; the change has called for another look.
    if (asking !== this.asking || this.shown() !== document || model.isDisposed() || model.getVersionId() !== version) return;
    const room = { left: MOST_SYMBOLS };
    this.python.tell_outline(document.uri, JSON.stringify(found.map((symbol) => flat(symbol, room)).filter(Boolean)));
  }
}

async function ask(
  provider: languages.DocumentSymbolProvider,
  model: editor.ITextModel,
  asking: CancellationTokenSource,
): Promise<languages.DocumentSymbol[] | null | undefined> {
  try {
    return await provider.provideDocumentSymbols(model, asking.token);
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
