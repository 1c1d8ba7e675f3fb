// The function's scripts that are not open, for Monaco's worker for JavaScript and TypeScript.
import { Uri, editor } from "monaco-editor/editor.js";
import {
  ModuleKind, ModuleResolutionKind, ScriptTarget, javascriptDefaults, typescriptDefaults,
} from "monaco-editor/languages/features/typescript/register.js";

type Edits = Record<string, { line: number; column: number; end_line: number; end_column: number; text: string }[]>;

export class Scripts {
  /** Monaco's names of them. */
  private names = new Set<string>();
  /** Models that Monaco made of files that are not open. */
  private readonly borrowed = new Map<string, editor.ITextModel>();
  private opening = "";

  constructor(private readonly change: (edits: Edits) => void) {
    for (const defaults of [javascriptDefaults, typescriptDefaults]) {
      defaults.setCompilerOptions({
        ...defaults.getCompilerOptions(),
        allowJs: true,
        allowNonTsExtensions: true,
        module: ModuleKind.ESNext,
        moduleResolution: ModuleResolutionKind.NodeJs,
        resolveJsonModule: true,
        target: ScriptTarget.ESNext,
      });
    }
    editor.onDidCreateModel((model) => this.made(model));
  }

  /** Path in the folder -> text. */
  set(root: string, texts: Record<string, string>): void {
    const folder = Uri.parse(root);
    this.names.clear();
    const files = Object.entries(texts).flatMap(([path, content]) => {
      const name = Uri.joinPath(folder, path).toString();
      this.names.add(name);
      const model = this.borrowed.get(name);
      if (model !== undefined && model.getValue() !== content) this.drop(name);
      // The worker joins the name of a file, in which signs are escaped, and what an import says, in which none are.
      return [...new Set([name, `${folder.toString()}/${path}`])].map((filePath) => ({ filePath, content }));
    });
    for (const defaults of [javascriptDefaults, typescriptDefaults]) defaults.setExtraLibs(files);
    for (const name of [...this.borrowed.keys()]) if (!this.names.has(name)) this.drop(name);
  }

  /** Makes room for a document that is about to be opened. */
  release(uri: string): void {
    this.opening = Uri.parse(uri).toString();
    this.drop(this.opening);
  }

  private made(model: editor.ITextModel): void {
    const name = model.uri.toString();
    if (name === this.opening) {
      this.opening = "";
      return;
    }
    if (!this.names.has(name)) return;
    this.borrowed.set(name, model);
    // A rename in a file that is not open: Python opens it, and makes the change there.
    model.onDidChangeContent(({ changes, isFlush }) => {
      if (isFlush) return;
      const edits = changes.map(({ range, text }) => ({
        line: range.startLineNumber, column: range.startColumn, end_line: range.endLineNumber, end_column: range.endColumn, text,
      }));
      this.change({ [name]: edits });
    });
  }

  private drop(name: string): void {
    this.borrowed.get(name)?.dispose();
    this.borrowed.delete(name);
  }
}
