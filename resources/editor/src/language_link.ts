// Questions to the language servers, by QWebChannel's object `language` (workbench/ui/editor/language_bridge.py).
import type { CancellationToken } from "monaco-editor/editor.js";

interface Signal<Arguments extends unknown[]> {
  connect(handler: (...values: Arguments) => void): void;
}

/** The object as QWebChannel gives it. Everything that is not a plain value travels as JSON. */
export interface Language {
  started: Signal<[server: string]>;
  answered: Signal<[id: number, result: string]>;
  refused: Signal<[id: number, reason: string]>;
  handler_named: Signal<[uri: string, name: string]>;
  format_wanted: Signal<[id: number]>;
  ask(id: number, method: string, params: string): void;
  tell(server: string, method: string, params: string): void;
  cancel(id: number): void;
  go(uri: string, line: number, column: number): void;
  edit(edits: string): void;
  tell_formatted(id: number): void;
}

export class Link {
  /** Runs before each question: what was typed is told first. */
  beforeQuestions: () => void = () => {};
  private lastId = 0;
  private readonly waiting = new Map<number, (result: unknown) => void>();

  constructor(private readonly remote: Language) {
    remote.answered.connect((id, result) => this.settle(id, JSON.parse(result)));
    remote.refused.connect((id) => this.settle(id, null));
  }

  onStarted(handler: (server: string) => void): void {
    this.remote.started.connect(handler);
  }

  onHandlerNamed(handler: (uri: string, name: string) => void): void {
    this.remote.handler_named.connect(handler);
  }

  /** Formats when Python asks for it, and says when that is done. */
  onFormatWanted(format: () => Promise<void>): void {
    this.remote.format_wanted.connect((id) => void format().finally(() => this.remote.tell_formatted(id)));
  }

  /** The result; null when there is none, whatever the reason. */
  ask<Result>(method: string, params: object, token?: CancellationToken): Promise<Result | null> {
    this.beforeQuestions();
    const id = ++this.lastId;
    return new Promise((resolve) => {
      const cancelling = token?.onCancellationRequested(() => {
        this.remote.cancel(id);
        this.settle(id, null);
      });
      this.waiting.set(id, (result) => {
        cancelling?.dispose();
        resolve(result as Result | null);
      });
      this.remote.ask(id, method, JSON.stringify(params));
    });
  }

  /** Tells one server, or all of them (""). */
  tell(server: string, method: string, params: object): void {
    this.remote.tell(server, method, JSON.stringify(params));
  }

  /** The person goes there. Line and column from 1. */
  go(uri: string, line: number, column: number): void {
    this.remote.go(uri, line, column);
  }

  /** Documents that are not open here are to be changed. */
  edit(edits: object): void {
    this.remote.edit(JSON.stringify(edits));
  }

  private settle(id: number, result: unknown): void {
    const resolve = this.waiting.get(id);
    this.waiting.delete(id);
    resolve?.(result);
  }
}
