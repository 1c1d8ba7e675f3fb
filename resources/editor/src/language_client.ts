// Keeps the language servers' idea of the open Python documents up to date, and asks them what the person wants to know.
import { Uri, editor, type IDisposable } from "monaco-editor/editor.js";
import type { Document } from "./documents";
import { HandlerMark } from "./handler_mark";
import { Link, type Language } from "./language_link";
import { toRange } from "./language_protocol";
import { registerProviders } from "./language_providers";
import { Pause } from "./pause";
import { LARGE_LENGTH } from "./protocol";

const PYTHON = "python";
// Servers compute for as long as a frame takes, or much longer, after each change.
const QUIET_MS = 120;
const TELL_AFTER_MS = 500;
// Of a long file for seconds: they are told less often, and then hold up fewer keys.
const LONG_LINES = 20_000;
const LONG_QUIET_MS = 400;
const TELL_LONG_AFTER_MS = 3_000;

interface Synced {
  document: Document;
  version: number;
  listener: IDisposable;
  /** In order, each of the text after the one before; as the protocol wants them. */
  untold: object[];
}

export class LanguageClient {
  private readonly link: Link;
  private readonly synced = new Map<string, Synced>();
  /** Models of files that are not open, for a look at a reference in them. */
  private readonly borrowed = new Map<string, editor.ITextModel>();

  private readonly pause = new Pause(() => this.tellChanges());
  private readonly handlerMark = new HandlerMark();

  constructor(remote: Language) {
    this.link = new Link(remote);
    this.link.beforeQuestions = () => this.pause.end();
    this.link.onHandlerNamed((uri, name) => this.handlerMark.show(uri, name));
    this.link.onStarted((server) => {
      this.pause.end();
      for (const synced of this.synced.values()) this.tellOpen(synced, server);
    });
    registerProviders(PYTHON, this.link, this);
    editor.createModel("", PYTHON).dispose(); // loads how Python is indented, before the first key could come too early
  }

  /** Takes an editor that shows documents. */
  attach(view: editor.IStandaloneCodeEditor): void {
    view.updateOptions({
      acceptSuggestionOnEnter: "smart", // what is typed to its end already needs no acceptance
      glyphMargin: true, // for the handler's mark, and for the light bulb
      lineNumbersMinChars: 4,
    });
  }

  /** Hears that a server has been told of all documents. */
  whenStarted(handler: () => void): void {
    this.link.onStarted(handler);
  }

  /** Documents that are not open are to be changed. */
  edit(edits: object): void {
    this.link.edit(edits);
  }

  /** Takes what formats the shown document, for when Python asks for it. */
  formatWith(format: () => Promise<void>): void {
    this.link.onFormatWanted(format);
  }

  open(document: Document): void {
    const { model } = document;
    this.handlerMark.look(document.uri);
    if (model.getLanguageId() !== PYTHON || model.uri.scheme !== "file" || model.getValueLength() > LARGE_LENGTH) return;
    const listener = model.onDidChangeContent((event) => this.changed(synced, event));
    const synced: Synced = { document, version: 1, listener, untold: [] };
    this.synced.set(document.uri, synced);
    this.tellOpen(synced, "");
  }

  close(document: Document): void {
    const synced = this.synced.get(document.uri);
    if (synced === undefined) return;
    this.pause.end();
    synced.listener.dispose();
    this.synced.delete(document.uri);
    this.link.tell("", "textDocument/didClose", { textDocument: { uri: document.uri } });
  }

  /** Python's name of a model's document; the two escape differently. */
  uriOf(model: editor.ITextModel): string {
    for (const { document } of this.synced.values()) if (document.model === model) return document.uri;
    return model.uri.toString();
  }

  /** The open document that a server names, if it is open. */
  documentAt(uri: string): Document | undefined {
    const named = Uri.parse(uri).toString();
    for (const { document } of this.synced.values()) if (document.model.uri.toString() === named) return document;
    return undefined;
  }

  /** Sees to it that there is a model for each of these. */
  async borrow(uris: Iterable<string>): Promise<void> {
    const missing = [...new Set(uris)].filter((uri) => editor.getModel(Uri.parse(uri)) === null);
    if (missing.length === 0) return;
    const texts = await this.link.ask<Record<string, string>>("workbench/texts", { uris: missing });
    for (const [uri, text] of Object.entries(texts ?? {})) {
      const named = Uri.parse(uri);
      if (editor.getModel(named) === null) this.borrowed.set(named.toString(), editor.createModel(text, PYTHON, named));
    }
  }

  /** Makes room for a document that is about to be opened. */
  release(uri: string): void {
    const named = Uri.parse(uri).toString();
    this.borrowed.get(named)?.dispose();
    this.borrowed.delete(named);
  }

  private tellOpen({ document, version }: Synced, server: string): void {
    const text = document.model.getValue();
    this.link.tell(server, "textDocument/didOpen", { textDocument: { uri: document.uri, languageId: PYTHON, version, text } });
  }

  private changed(synced: Synced, event: editor.IModelContentChangedEvent): void {
    // Monaco's ranges are all those of the text before; it names the last one first, so none moves another.
    const contentChanges = event.isFlush
      ? [{ text: synced.document.model.getValue() }]
      : event.changes.map((change) => ({ range: toRange(change.range), text: change.text }));
    synced.untold.push(...contentChanges);
    if (synced.document.model.getLineCount() < LONG_LINES) this.pause.typed(QUIET_MS, TELL_AFTER_MS);
    else this.pause.typed(LONG_QUIET_MS, TELL_LONG_AFTER_MS);
  }

  /** Tells the servers of changes that they have not heard of yet. */
  flush(): void {
    this.pause.end();
  }

  private tellChanges(): void {
    for (const synced of this.synced.values()) {
      if (synced.untold.length === 0) continue;
      synced.version += 1;
      this.link.tell("", "textDocument/didChange", {
        textDocument: { uri: synced.document.uri, version: synced.version },
        contentChanges: synced.untold,
      });
      synced.untold = [];
    }
  }
}

