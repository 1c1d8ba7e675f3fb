// What Monaco ships without types.
declare module "monaco-editor/languages/definitions/ini/ini.js" {
  import type { languages } from "monaco-editor/editor.js";
  export const conf: languages.LanguageConfiguration;
  export const language: languages.IMonarchLanguage;
}

declare module "monaco-editor/editor/common/services/languageFeatures.js" {
  import type { IDisposable, editor, languages } from "monaco-editor/editor.js";
  interface Registry<Provider> {
    onDidChange(handler: () => void): IDisposable;
    ordered(model: editor.ITextModel): Provider[];
  }
  export const ILanguageFeaturesService: { documentSymbolProvider: Registry<languages.DocumentSymbolProvider> };
}

declare module "monaco-editor/editor/standalone/browser/standaloneServices.js" {
  export const StandaloneServices: { get<Service>(service: Service): Service };
}

declare module "monaco-editor/editor/browser/viewParts/minimap/minimap.js" {
  export const Minimap: { prototype: { shouldRender(): boolean } };
}

declare module "monaco-editor/internal/common/initialize.js" {
  export function initialize(make: (context: never, settings: unknown) => object): void;
}

declare module "monaco-editor/languages/features/json/jsonWorker.js" {
  export interface Mirror {
    uri: { toString(): string };
    version: number;
    getValue(): string;
  }
  export interface WorkerContext {
    getMirrorModels(): Mirror[];
  }
  export class JSONWorker {
    constructor(context: WorkerContext, settings: unknown);
  }
}
