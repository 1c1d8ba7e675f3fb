// The two colour themes, chosen to sit in the application's Fusion palettes.
import { editor } from "monaco-editor/editor.js";

const LIGHT = "workbench-light";
const DARK = "workbench-dark";

export function defineThemes(): void {
  editor.defineTheme(LIGHT, {
    base: "vs",
    inherit: true,
    rules: [
      { token: "comment", foreground: "5f7a5f" },
      { token: "keyword", foreground: "0b5cad" },
      { token: "string", foreground: "9a3412" },
      { token: "number", foreground: "0f766e" },
    ],
    colors: {
      "editor.background": "#ffffff",
      "editor.foreground": "#1f2328",
      "editorLineNumber.foreground": "#8c959f",
      "editorLineNumber.activeForeground": "#1f2328",
      "editor.lineHighlightBackground": "#f6f8fa",
      "editor.lineHighlightBorder": "#00000000",
      "editor.selectionBackground": "#b6d7ff",
      "editorWidget.background": "#f6f8fa",
      "editorWidget.border": "#d0d7de",
      "input.background": "#ffffff",
      focusBorder: "#2f7dd1",
    },
  });
  editor.defineTheme(DARK, {
    base: "vs-dark",
    inherit: true,
    rules: [
      { token: "comment", foreground: "7f9f7f" },
      { token: "keyword", foreground: "6cb6ff" },
      { token: "string", foreground: "e0a37e" },
      { token: "number", foreground: "8fd3b6" },
    ],
    colors: {
      "editor.background": "#1e1f22",
      "editor.foreground": "#d7dae0",
      "editorLineNumber.foreground": "#6b7078",
      "editorLineNumber.activeForeground": "#d7dae0",
      "editor.lineHighlightBackground": "#26282c",
      "editor.lineHighlightBorder": "#00000000",
      "editor.selectionBackground": "#2c4f78",
      "editorWidget.background": "#2b2d30",
      "editorWidget.border": "#43454a",
      "input.background": "#1e1f22",
      focusBorder: "#4a90d9",
    },
  });
}

export function useTheme(dark: boolean): void {
  editor.setTheme(dark ? DARK : LIGHT);
}
