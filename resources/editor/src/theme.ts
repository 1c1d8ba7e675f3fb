// The two colour themes. The palette's values are those of workbench/ui/kit/theme.py.
import { editor } from "monaco-editor/editor.js";

interface Palette {
  base: string;
  raised: string;
  border: string;
  field: string;
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
  field: "#838a96",
  text: "#1d2129",
  muted: "#505866",
  accent: "#1a56b0",
  onAccent: "#ffffff",
  selection: "#b8d4f8",
  line: "#f4f5f7",
  comment: "#4f6f4f",
  keyword: "#0b5cad",
  string: "#9a3412",
  number: "#0f766e",
};
const DARK: Palette = {
  base: "#1e1f22",
  raised: "#2f3237",
  border: "#41454d",
  field: "#838995",
  text: "#e3e5e9",
  muted: "#b3b9c4",
  accent: "#8abaff",
  onAccent: "#10151d",
  selection: "#2a4672",
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
      "input.border": palette.field,
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
