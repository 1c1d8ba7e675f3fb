// The two colour themes. The palette's values are those of workbench/ui/theme.py.
import { editor } from "monaco-editor/editor.js";

interface Palette {
  base: string;
  raised: string;
  border: string;
  text: string;
  muted: string;
  accent: string;
  onAccent: string;
  selection: string;
  line: string;
  comment: string;
  keyword: string;
  string: string;
  number: string;
}

const LIGHT: Palette = {
  base: "#ffffff",
  raised: "#ffffff",
  border: "#d5d8de",
  text: "#1d2129",
  muted: "#5a6270",
  accent: "#1f5fbf",
  onAccent: "#ffffff",
  selection: "#c3d9fa",
  line: "#f4f5f7",
  comment: "#5a7a5a",
  keyword: "#0b5cad",
  string: "#9a3412",
  number: "#0f766e",
};
const DARK: Palette = {
  base: "#1e1f22",
  raised: "#2f3237",
  border: "#41454d",
  text: "#e3e5e9",
  muted: "#a0a7b4",
  accent: "#78aefc",
  onAccent: "#10151d",
  selection: "#2c4468",
  line: "#26282c",
  comment: "#7f9f7f",
  keyword: "#6cb6ff",
  string: "#e0a37e",
  number: "#8fd3b6",
};

function theme(base: editor.BuiltinTheme, palette: Palette): editor.IStandaloneThemeData {
  return {
    base,
    inherit: true,
    rules: (["comment", "keyword", "string", "number"] as const).map((token) => ({ token, foreground: palette[token].slice(1) })),
    colors: {
      "editor.background": palette.base,
      "editor.foreground": palette.text,
      "editorLineNumber.foreground": palette.muted,
      "editorLineNumber.activeForeground": palette.text,
      "editor.lineHighlightBackground": palette.line,
      "editor.lineHighlightBorder": "#00000000",
      "editor.selectionBackground": palette.selection,
      "diffEditor.insertedLineBackground": "#2e9e5b26",
      "diffEditor.insertedTextBackground": "#2e9e5b40",
      "diffEditor.removedLineBackground": "#e5484d26",
      "diffEditor.removedTextBackground": "#e5484d40",
      "editorWidget.background": palette.raised,
      "editorWidget.border": palette.border,
      "input.background": palette.base,
      "input.border": palette.border,
      "editorHoverWidget.background": palette.raised,
      "editorSuggestWidget.background": palette.raised,
      "editorSuggestWidget.border": palette.border,
      "editorSuggestWidget.foreground": palette.text,
      "editorSuggestWidget.highlightForeground": palette.accent,
      "editorSuggestWidget.focusHighlightForeground": palette.accent,
      "editorSuggestWidget.selectedBackground": palette.selection,
      "editorSuggestWidget.selectedForeground": palette.text,
      "menu.background": palette.raised,
      "menu.foreground": palette.text,
      "menu.border": palette.border,
      "menu.selectionBackground": palette.accent,
      "menu.selectionForeground": palette.onAccent,
      focusBorder: palette.accent,
    },
  };
}

export function defineThemes(): void {
  editor.defineTheme("workbench-light", theme("vs", LIGHT));
  editor.defineTheme("workbench-dark", theme("vs-dark", DARK));
}

export function useTheme(dark: boolean): void {
  document.documentElement.style.setProperty("--border", (dark ? DARK : LIGHT).border);
  editor.setTheme(dark ? "workbench-dark" : "workbench-light");
}
