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
