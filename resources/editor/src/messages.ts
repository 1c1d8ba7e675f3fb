// What the user reads, in the application's language. The application hands in the translations, and Monaco's own ones,
// before the page's scripts run (workbench/ui/editor/view.py).

/** Text in English -> its translation. */
type Catalogue = Record<string, string>;

const { language, texts } = (globalThis as { workbenchMessages?: { language: string; texts: Catalogue } }).workbenchMessages ?? {
  language: "en",
  texts: {},
};
document.documentElement.lang = language;

/** Translates a text, and puts fields into it: `{name}`. Takes a literal in double quotes, as build.mjs collects them. */
export function _(text: string, fields: Record<string, string> = {}): string {
  return (texts[text] ?? text).replace(/\{(\w+)\}/g, (place, name: string) => fields[name] ?? place);
}
