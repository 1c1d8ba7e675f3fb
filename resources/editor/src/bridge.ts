// The one way in and out of the page: QWebChannel's objects `bridge` and `language` (language_client.ts).
import type { Language } from "./language_client";
import type { Calls, Notifications } from "./protocol";

interface Objects {
  bridge: Remote;
  language: Language;
}

interface Channel {
  objects: Objects;
}

interface Remote extends Notifications {
  called: { connect(handler: (id: number, name: string, json: string) => void): void };
  reply(id: number, json: string): void;
  fail(id: number, message: string): void;
}

declare const QWebChannel: new (transport: unknown, ready: (channel: Channel) => void) => unknown;
declare const qt: { webChannelTransport: unknown };

export function connect(): Promise<Objects> {
  return new Promise((resolve) => new QWebChannel(qt.webChannelTransport, (channel) => resolve(channel.objects)));
}

export function serve(remote: Remote, calls: Calls): void {
  const handlers = calls as unknown as Record<string, (request: unknown) => unknown>;
  const answer = async (id: number, name: string, json: string): Promise<void> => {
    try {
      const handler = handlers[name];
      if (handler === undefined) throw new Error(`The page knows no call "${name}".`);
      remote.reply(id, JSON.stringify((await handler(JSON.parse(json))) ?? null));
    } catch (error) {
      remote.fail(id, error instanceof Error ? error.message : String(error));
    }
  };
  // One after the other: a `show` must find what the `open` before it is still fetching.
  let turn = Promise.resolve();
  remote.called.connect((id, name, json) => {
    turn = turn.then(() => answer(id, name, json));
  });
}
